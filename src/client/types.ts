/**
 * What goes over the wire, as docs/api.md describes it. Fields that only Darkroom sends are optional: other hosts of the same
 * API leave them out.
 */

/** How a request can fail: `error.code`. Newer servers may know more. */
export type FailureCode =
  | 'content_blocked'
  | 'no_output'
  | 'input_unreachable'
  | 'input_too_large'
  | 'input_invalid'
  | 'backend_auth'
  | 'backend_rejected'
  | 'backend_unavailable'
  | 'timeout'
  | 'worker_lost'
  | 'internal'
  | (string & {});

export interface Failure {
  code: FailureCode;
  message: string;
  /** Whether the same input may well succeed later. */
  retryable: boolean;
}

export interface Warning {
  field?: string;
  message: string;
  error?: Failure;
}

export interface Progress {
  /** Images done, and asked for. */
  done: number;
  total: number;
  /** Of the whole request, 0 to 1; only while the backend reports it. */
  fraction?: number;
}

export interface Submitted {
  request_id: string;
  status_url: string;
  result_url: string;
  cancel_url: string;
}

export type PublicStatus = 'in_queue' | 'in_progress' | 'completed' | 'cancelled';
export type ResultStatus = PublicStatus | 'failed';

/** A failed request is `completed` here, and has `error`. */
export interface Status {
  request_id: string;
  status: PublicStatus;
  /** How many of the account's requests are ahead; 0 is next. Only while `in_queue`. */
  queue_position?: number;
  status_url: string;
  result_url: string;
  cancel_url?: string;
  model_id?: string;
  created_at?: string;
  started_at?: string | null;
  completed_at?: string | null;
  progress?: Progress;
  warnings?: Warning[];
  error?: Failure;
}

/** Every URL is a string; one output is singular, several are plural. */
export interface Output {
  image?: string;
  images?: string[];
  video?: string;
  videos?: string[];
}
export type ImageOutput = Pick<Output, 'image' | 'images'>;
export type VideoOutput = Pick<Output, 'video' | 'videos'>;

export interface OutputFile {
  /** Absent for synchronous requests, whose bytes are in `output`. */
  url?: string;
  width: number | null;
  height: number | null;
  content_type: string;
  bytes: number;
  seed: number | null;
  sha256: string;
}

export interface Timings {
  queue_seconds: number | null;
  run_seconds: number | null;
  total_seconds: number | null;
}

export interface Result<O = Output> {
  request_id: string;
  status: ResultStatus;
  model_id?: string;
  created_at: string;
  started_at?: string | null;
  /** Once it is completed. */
  output?: O;
  /** One entry for each output, in the same order. */
  files?: OutputFile[];
  progress?: Progress;
  completed_at?: string | null;
  finished_at?: string | null;
  error?: Failure;
  warnings?: Warning[];
  /** What was done other than as asked, in words. */
  adjustments?: string[];
  backend?: string;
  /** USD; on request. */
  cost?: number;
  timings?: Timings;
  status_url?: string;
  result_url?: string;
  cancel_url?: string;
}

export interface CompletedResult<O = Output> extends Result<O> {
  status: 'completed';
  output: O;
}

/** A request as the history has it. */
export interface HistoryEntry extends Result {
  input: Record<string, unknown>;
}

export interface Cancellation {
  request_id: string;
  status: PublicStatus;
  outcome: 'cancelled' | 'not_cancellable';
}

/** The request is in this state now. */
export type StatusUpdate = { type: 'status' } & Status;
/** An image or video is finished, while others may still be made. Only from servers that send events. */
export type OutputUpdate = {
  type: 'output';
  request_id: string;
  /** Which of the images that were asked for, from 0. */
  index: number;
} & OutputFile;
export type Update = StatusUpdate | OutputUpdate;

export type ModelKind = 'text-to-image' | 'image-to-image' | 'text-to-video' | 'image-to-video';

export interface Model {
  model_id: string;
  display_name: string;
  description: string;
  categories: string[];
  kind: ModelKind;
  /** USD for one output when nothing else is asked for. */
  base_price_usd: number;
  price_unit: 'output';
  pricing_note: string;
  model_url: string;
  inputs: string[];
  required_inputs: string[];
  /** Whether a backend is configured that can run it. */
  available: boolean;
  aliases: string[];
  input_schema?: InputSchema;
  output_schema?: Record<string, unknown>;
}

/** JSON Schema of a model's input. */
export interface InputSchema {
  type: 'object';
  title: string;
  required: string[];
  properties: Record<string, PropertySchema>;
}

export interface ValueSchema {
  type: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  /** `image_uri`: a URL or a data URI of an image. */
  format?: string;
  enum?: (string | number)[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: ValueSchema;
  minItems?: number;
  maxItems?: number;
}

export interface PropertySchema extends ValueSchema {
  title: string;
  description: string;
  default?: unknown;
}

export interface ModelPage {
  models: Model[];
  total: number;
  limit: number;
  offset: number;
}

export interface RequestPage {
  requests: HistoryEntry[];
  next_cursor: string | null;
}

export interface UploadedFile {
  id: string;
  url: string;
  name: string | null;
  content_type: string;
  bytes: number;
  width: number | null;
  height: number | null;
  sha256: string;
  created_at: string;
}

export interface FilePage {
  files: UploadedFile[];
  next_cursor: string | null;
}
