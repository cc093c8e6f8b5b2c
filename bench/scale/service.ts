/** What both services look like from outside: processes of three kinds that are started, killed, and used over HTTP. */
export const BENCH_MODEL = 'openai/gpt-image-2/text-to-image';
/** Requests that a worker process runs at once, in both. */
export const CONCURRENCY = 32;

export type Kind = 'api' | 'worker' | 'database';

export interface Service extends AsyncDisposable {
  name: string;
  /** Of the API processes; new ones after every `scaleTo`. */
  addresses: string[];
  /** Ends the processes there are, starts as many of each kind. */
  scaleTo(apis: number, workers: number): Promise<void>;
  /** CPU time so far, for each kind of process that runs now. */
  cpuMs(): Promise<Record<Kind, number>>;
  /** Forgets all requests. */
  empty(): Promise<void>;
  /** As many more that wait, past the API. @returns their ids, oldest first. */
  fill(count: number): Promise<string[]>;
  /** Ends everything at once, the database too, as when the power goes, and starts it again. */
  killAll(): Promise<void>;
}
