/**
 * The contract between the runner and a backend. A backend turns ONE round into images and says clearly how
 * it failed. The runner owns everything else: fan-out, limits, deadlines, retries, fetching and normalising
 * inputs, transcoding, storage, cost. A backend never sees the database.
 */
import type { Logger } from 'pino';
import type { InputImage, OutputFormat, Resolution } from '../lib/images.ts';

export type { InputImage, OutputFormat, Resolution };

/** One call of a backend. */
export interface Round {
  /** A lower-case UUID of the round's own, the same after a crash: what a far side may know the work by. */
  id: string;
  requestId: string;
  /** 0-based place of this round among the request's rounds. */
  index: number;
  /** How many times this round was tried before. */
  attempt: number;
  modelId: string;
  /** The model's name at the backend. */
  upstreamModel: string;
  prompt: string;
  /** 0 ≤ seed < 2³¹. */
  seed: number;
  /** `auto` or `W:H`. */
  aspectRatio: string;
  resolution: Resolution;
  /** What the caller asked for. A backend that cannot choose returns what it has; the runner transcodes. */
  outputFormat: OutputFormat;
  images: InputImage[];
  /** The whole validated input, for parameters only this backend knows. */
  parameters: Readonly<Record<string, unknown>>;
}

/** What the far side knows the work by, kept so that a crash of ours finds it again. */
export type RemoteReference = Record<string, unknown>;

/**
 * A reason to abort that leaves the work itself wanted: another run takes it up where this one stopped. With any
 * other reason nobody waits for it, and a backend that can cancel it does.
 */
export class WorkHandedOver extends Error {
  override name = 'WorkHandedOver';
}

export interface RoundContext {
  /** Aborted at the deadline, and with `WorkHandedOver` on shutdown and when the lease is lost. */
  signal: AbortSignal;
  deadline: Date;
  /** 0..1 of this round, only if the far side reports it: never invented. */
  reportProgress(fraction: number): void;
  saveRemoteReference(reference: RemoteReference): Promise<void>;
  log: Logger;
}

export interface GeneratedMedia {
  bytes: Buffer;
  contentType: string;
}

export interface RoundResult {
  /** Final outputs only, at least one: drafts are left out by the backend. */
  outputs: GeneratedMedia[];
  /** Text the model sent along. */
  description?: string;
  /** What the round cost in USD, where the far side tells; otherwise the model's price list is used. */
  costUsd?: number;
  /** Anything done other than as asked, in words for the caller. */
  adjustments: string[];
}

export interface Capabilities {
  /** Input images it takes in one round. */
  maxInputImages: number;
  inputContentTypes: readonly InputImage['contentType'][];
  seed: 'exact' | 'best-effort' | 'none';
  reportsProgress: boolean;
  /** A round may tell what it cost (`costUsd`), by what it used: nobody knows that before. */
  tellsCost?: boolean;
}

/** What a look at the far side found; for the operator, who may see host names. */
export interface Health {
  reachable: boolean;
  /** In words: what answered, or what went wrong and what to do. */
  message: string;
  /** Upstream models that can be reached, where the far side lists them. */
  upstreamModels?: string[];
}

export interface Backend {
  readonly name: string;
  capabilities(upstreamModel: string): Capabilities;
  /** @throws {BackendError} for every failure that is not a bug. */
  generate(round: Round, context: RoundContext): Promise<RoundResult>;
  /** Finds work again after a crash, where the far side keeps it. */
  resume?(reference: RemoteReference, round: Round, context: RoundContext): Promise<RoundResult>;
  /** Looks at the far side without spending anything; never throws but for the signal. */
  health?(signal: AbortSignal): Promise<Health>;
}

export type BackendErrorKind =
  | 'content_blocked'
  | 'no_output'
  | 'invalid_request'
  | 'auth'
  | 'model_unavailable'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'cancelled';

/** How a round failed. `message` is safe to show to the caller. */
export class BackendError extends Error {
  readonly kind: BackendErrorKind;
  /** The far side's word on when to try again. */
  readonly retryAfterMs: number | undefined;
  /** No waiting helps before the deadline, as when a day's quota is spent: the next candidate should be taken. */
  readonly exhausted: boolean;
  /** The far side did the work, and may charge for it, but nothing usable came: another call would be paid for again. */
  readonly spent: boolean;

  constructor(
    kind: BackendErrorKind,
    message: string,
    options: { retryAfterMs?: number; exhausted?: boolean; spent?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BackendError';
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
    this.exhausted = options.exhausted ?? false;
    this.spent = options.spent ?? false;
  }
}
