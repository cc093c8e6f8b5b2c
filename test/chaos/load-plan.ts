/** What clients ask for during a chaos run, drawn before it: the same seed asks for the same. */
import type { Random } from '../support/random.ts';

export const ACCOUNTS = ['steady', 'busy', 'short of money', 'short of a key'] as const;
export type AccountName = (typeof ACCOUNTS)[number];

export interface Item {
  /** Stands in the prompt, so that everything that comes of it can be told apart. */
  token: string;
  /** After the start of the load. */
  atMs: number;
  account: AccountName;
  model: string;
  /** How its input image comes, for models that take one. */
  image: 'upload' | 'data' | 'fetched' | undefined;
  images: number;
  format: 'jpeg' | 'png' | 'webp';
  /** With an Idempotency-Key. */
  keyed: boolean;
  webhook: boolean;
  /** Cancelled right after it was taken in. */
  cancelled: boolean;
  /** How the upstream answers it. */
  blocked: boolean;
  refusals: number;
  delayMs: number;
}

const TEXT_TO_IMAGE = 'google/nano-banana-2/text-to-image';
const EDIT = 'google/nano-banana-2/edit';

/** What would come in this time comes at once. */
const BURST_MS = 3000;

/** @param perSecond how many, on average */
export function planLoad(random: Random, seconds: number, perSecond: number): Item[] {
  return Array.from({ length: Math.round(seconds * perSecond) }, (_, index) => {
    const edits = random.next() < 0.3;
    const often = random.next();
    return {
      token: `t${index}`,
      // A burst at first: there is to be work when the first fault comes.
      atMs: Math.max(0, Math.round(((index + random.next()) / perSecond) * 1000) - BURST_MS),
      account:
        often < 0.35 ? 'steady' : often < 0.7 ? 'busy' : often < 0.85 ? 'short of money' : 'short of a key',
      model: edits ? EDIT : TEXT_TO_IMAGE,
      image: edits ? random.pick(['upload', 'data', 'fetched'] as const) : undefined,
      images: random.next() < 0.3 ? random.integer(2, 4) : 1,
      format: random.pick(['jpeg', 'jpeg', 'jpeg', 'png', 'webp'] as const),
      keyed: random.next() < 0.75,
      webhook: random.next() < 0.4,
      cancelled: random.next() < 0.1,
      blocked: random.next() < 0.05,
      refusals: random.next() < 0.06 ? 1 : 0,
      delayMs: random.integer(300, 1500),
    };
  });
}

/** What tells the upstream how to answer. */
export type Prompt = Pick<Item, 'token' | 'blocked' | 'refusals' | 'delayMs'>;

export const writePrompt = ({ token, blocked, refusals, delayMs }: Prompt): string =>
  `chaos <${JSON.stringify({ token, blocked, refusals, delayMs })}>`;

/** @throws when it is none of ours. */
export function readPrompt(text: string): Prompt {
  const json = /chaos <(.*)>/.exec(text)?.[1];
  if (json === undefined) throw new Error(`a prompt that nobody has written: ${text}`);
  return JSON.parse(json) as Prompt;
}
