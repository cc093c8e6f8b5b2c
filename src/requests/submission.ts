/** What is submitted, and what becomes of it while it is decided over. */
import type { Identity } from '../accounts/authenticate.ts';
import type { ApiError } from '../errors.ts';
import type { Span } from '../tracing/span.ts';
import type { RequestedWebhook } from './events.ts';
import type { Warning } from './states.ts';

export interface Submission {
  identity: Identity;
  modelId: string;
  pool: string;
  /** Validated, with defaults. */
  input: Record<string, unknown>;
  warnings: Warning[];
  syncMode: boolean;
  seed: number;
  rounds: number;
  /** The most it can cost, in millionths of a USD. */
  reserve: number;
  /** Stored files that came with it; they belong to it from now on. */
  fileIds: string[];
  idempotency: { key: string; fingerprint: Buffer } | undefined;
  webhook?: RequestedWebhook | undefined;
  /** Of the call that brings it, where that is traced: the request's own spans come below. */
  span?: Span | undefined;
}

export interface SubmitAnswer {
  requestId: string;
  /** It was submitted before, under the same idempotency key. */
  replayed: boolean;
}

/** A submission that is being decided over. */
export interface Entry {
  submission: Submission;
  requestId: string;
  outcome: SubmitAnswer | ApiError | undefined;
}

/** Whether nothing is decided yet. */
export const isOpen = (entry: Entry): boolean => entry.outcome === undefined;
