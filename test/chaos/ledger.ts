/** Everything that was seen of a chaos run from outside, for the counting at its end. Times are those of this machine's true clock. */
import type { AccountName, Item } from './load-plan.ts';

/** A call of the upstream, as it saw it. */
export interface UpstreamCall {
  /** Drawn into its picture. */
  number: number;
  token: string;
  /** With the token it names a round. */
  seed: number;
  /** Who called. */
  worker: string;
  /** Images that came with it. */
  inputs: number;
  beganAtMs: number;
  /** When the connection or the answer ended; null: it still runs. */
  endedAtMs: number | null;
  /** The answer was handed over to its end. */
  whole: boolean;
  answer: 'picture' | 'blocked' | 'refused';
}

/** Something that was done to the processes; between `fromMs` and `untilMs` its victim could not do its work. */
export interface Fault {
  kind: 'kill' | 'stop' | 'cut' | 'hold' | 'clock' | 'restart';
  /** A process, or a connection of two: `worker-1 > postgres`. */
  victim: string;
  fromMs: number;
  untilMs: number;
  /** For people: how far the clock went, how many connections broke. */
  detail?: string;
}

/** A submit that was answered 200. */
export interface Acknowledged {
  item: Item;
  requestId: string;
  /** Sends whose answer was lost or an error: without a key each may have made a request. */
  unanswered: number;
  /** Answers under its key named another request. */
  otherIds: string[];
  /** States that its status went through, each once, in their order. */
  states: string[];
  /** What the cancel was answered; undefined: none was sent. */
  cancel: 'cancelled' | 'not_cancellable' | undefined;
}

/** A request as the history and its result show it at the end. */
export interface SeenRequest {
  id: string;
  account: AccountName;
  token: string;
  /** Of the result. */
  status: string;
  error: string | undefined;
  warnings: string[];
  /** In millionths of a USD, as everywhere here. */
  cost: number;
  outputs: SeenOutput[];
  createdAtMs: number;
  endedAtMs: number | null;
}

export interface SeenOutput {
  seed: number;
  /** The number of the call that made it, read from the pixels; null: `problem` says why. */
  mark: number | null;
  problem: string | undefined;
}

export interface WebhookMessage {
  id: string;
  requestId: string;
  type: string;
  status: string;
  /** Its signature and time were those of a message of now. */
  verified: boolean;
}

export interface AccountMoney {
  account: AccountName;
  /** Of the account or its key; null: none. */
  budget: number | null;
  /** `GET /v1/usage`, its total. */
  usage: {
    requests: number;
    completed: number;
    failed: number;
    cancelled: number;
    outputs: number;
    cost: number;
  };
  /** The rows, of the account and of its key. */
  spent: number[];
  reserved: number[];
}

/** Rows and objects, each as the database and the bucket have them. */
export interface Stored {
  requests: {
    id: string;
    state: string;
    cost: number;
    done: number;
    usage: number;
    usageOutcome: string | null;
    usageCost: number | null;
  }[];
  files: {
    id: string;
    kind: string;
    requestId: string | null;
    place: string;
    bytes: number | null;
    expires: boolean;
  }[];
  objects: { id: string; bytes: number }[];
  /** Lanes whose counters are not all at rest, in words. */
  lanesAtWork: string[];
  idempotencyKeys: { key: string; requestId: string }[];
  /** Other things that should be no more: in words. */
  leftOvers: string[];
}

export interface Ledger {
  seed: number;
  startedAtMs: number;
  endedAtMs: number;
  faults: Fault[];
  acknowledged: Acknowledged[];
  /** Submits that were refused for want of money. */
  refused: Item[];
  /** Tokens whose submit was never answered with a request, and how often it was sent. */
  unanswered: { token: string; sends: number }[];
  calls: UpstreamCall[];
  requests: SeenRequest[];
  webhooks: WebhookMessage[];
  money: AccountMoney[];
  stored: Stored;
  /** Processes that ended by themselves, answers that no client should get: in words. */
  surprises: string[];
}
