/** A ledger of a run that went well, for tests to spoil. */
import type { Acknowledged, Ledger, SeenRequest, UpstreamCall } from './ledger.ts';
import { pictureCost } from './limits.ts';
import type { Item } from './load-plan.ts';

/** When the run began. */
export const START_MS = 1_800_000_000_000;

const item = (token: string, changes: Partial<Item> = {}): Item => ({
  token,
  atMs: 0,
  account: 'short of money',
  model: 'a model',
  image: undefined,
  images: 1,
  format: 'jpeg',
  keyed: true,
  webhook: true,
  cancelled: false,
  blocked: false,
  refusals: 0,
  delayMs: 100,
  ...changes,
});

export const call = (changes: Partial<UpstreamCall> = {}): UpstreamCall => ({
  number: 1,
  token: 'first',
  seed: 7,
  worker: 'worker-1',
  inputs: 0,
  beganAtMs: START_MS + 1000,
  endedAtMs: START_MS + 1400,
  whole: true,
  answer: 'picture',
  ...changes,
});

const request = (changes: Partial<SeenRequest>): SeenRequest => ({
  id: 'request-1',
  account: 'short of money',
  token: 'first',
  status: 'completed',
  error: undefined,
  warnings: [],
  cost: pictureCost(0),
  outputs: [{ seed: 7, mark: 1, problem: undefined }],
  createdAtMs: START_MS + 500,
  endedAtMs: START_MS + 1500,
  ...changes,
});

const acknowledged = (changes: Partial<Acknowledged>): Acknowledged => ({
  item: item('first'),
  requestId: 'request-1',
  unanswered: 0,
  otherIds: [],
  states: ['in_queue', 'in_progress', 'completed'],
  cancel: undefined,
  ...changes,
});

const row = (id: string, state: string, cost: number): Ledger['stored']['requests'][number] => ({
  id,
  state,
  cost,
  done: 1,
  usage: 1,
  usageOutcome: state,
  usageCost: cost,
});

/** Two requests: one made a picture, one was cancelled. */
export function inventLedger(): Ledger {
  const cost = pictureCost(0);
  return {
    seed: 1,
    startedAtMs: START_MS,
    endedAtMs: START_MS + 60_000,
    faults: [],
    acknowledged: [
      acknowledged({}),
      acknowledged({
        item: item('second', { cancelled: true, webhook: false }),
        requestId: 'request-2',
        states: ['cancelled'],
        cancel: 'cancelled',
      }),
    ],
    refused: [],
    unanswered: [],
    calls: [call()],
    requests: [
      request({}),
      request({ id: 'request-2', token: 'second', status: 'cancelled', cost: 0, outputs: [] }),
    ],
    webhooks: [
      { id: 'evt_1', requestId: 'request-1', type: 'request.completed', status: 'completed', verified: true },
    ],
    money: [
      {
        account: 'short of money',
        budget: 2 * cost,
        usage: { requests: 2, completed: 1, failed: 0, cancelled: 1, outputs: 1, cost },
        spent: [cost, cost],
        reserved: [0, 0],
      },
    ],
    stored: {
      requests: [row('request-1', 'completed', cost), row('request-2', 'cancelled', 0)],
      files: [
        { id: 'file-1', kind: 'output', requestId: 'request-1', place: '0/0', bytes: 100, expires: false },
        { id: 'file-2', kind: 'raw', requestId: 'request-1', place: '0/0', bytes: null, expires: true },
      ],
      objects: [{ id: 'file-1', bytes: 100 }],
      lanesAtWork: [],
      idempotencyKeys: [
        { key: 'first', requestId: 'request-1' },
        { key: 'second', requestId: 'request-2' },
      ],
      leftOvers: [],
    },
    surprises: [],
  };
}
