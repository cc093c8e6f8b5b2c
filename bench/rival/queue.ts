/** What the rival's API and its workers share: the queue in Redis, and what a job of it carries. */
import { Redis } from 'ioredis';

export const QUEUE = 'generations';
/** The only one there is. */
export const RIVAL_ACCOUNT = 'ours';

/** What a client submitted. */
export interface Generation {
  accountId: string;
  modelId: string;
  input: { prompt: string; num_images: number; [field: string]: unknown };
}

/** What came of it. */
export interface Made {
  files: { name: string; bytes: number; sha256: string }[];
}

/** Commands of one turn of the event loop share a write. BullMQ asks for `maxRetriesPerRequest: null`. */
export const connectTo = (socketPath: string): Redis =>
  new Redis({ path: socketPath, maxRetriesPerRequest: null, enableAutoPipelining: true });
