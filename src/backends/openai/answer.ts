import type { Headers } from './retry-after.ts';

/** What the far side said to one call. */
export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed where it is JSON, else undefined. */
  body: unknown;
}
