/** The counting after a chaos run finds what is wrong, and nothing in what is right. */
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { call, inventLedger, START_MS } from './invented-ledger.ts';
import type { Fault, Ledger } from './ledger.ts';
import { pictureCost, UPSTREAM_CONCURRENCY } from './limits.ts';

const promisesBroken = (spoil: (ledger: Ledger) => void): string[] => {
  const ledger = inventLedger();
  spoil(ledger);
  return [...new Set(check(ledger).findings.map(({ promise }) => promise))];
};

test('a run that went well has no findings', () => {
  expect(check(inventLedger())).toEqual({ findings: [], repeated: [], givenUp: [] });
});

const spoilt: [what: string, promise: string, spoil: (ledger: Ledger) => void][] = [
  [
    'an acknowledged request that is gone',
    'what was acknowledged is not lost',
    (ledger) => void ledger.requests.splice(0, 1),
  ],
  [
    'a submit that made two requests',
    'a submit makes one request',
    ({ requests }) => void requests.push({ ...requests[0]!, id: 'request-3', outputs: [], cost: 0 }),
  ],
  [
    'a key that was answered with two requests',
    'an Idempotency-Key names one request',
    ({ acknowledged }) => void acknowledged[0]!.otherIds.push('request-9'),
  ],
  [
    'a key that names another request',
    'an Idempotency-Key names one request',
    ({ stored }) => {
      stored.idempotencyKeys[0]!.requestId = 'request-2';
    },
  ],
  [
    'a request that has not ended',
    'every request ends',
    ({ requests, stored }) => {
      requests[0]!.status = 'in_progress';
      stored.requests[0]!.state = 'in_progress';
    },
  ],
  [
    'an end that was not counted',
    'every request ends once',
    ({ stored }) => {
      stored.requests[0]!.usage = 0;
    },
  ],
  [
    'an end that was counted as another',
    'rows and answers agree',
    ({ stored }) => {
      stored.requests[0]!.usageOutcome = 'failed';
    },
  ],
  [
    'a state that went back',
    'a state never goes back',
    ({ acknowledged }) => {
      acknowledged[0]!.states = ['in_progress', 'in_queue', 'completed'];
    },
  ],
  [
    'an end that changed',
    'an end is the end',
    ({ acknowledged }) => {
      acknowledged[0]!.states = ['in_queue', 'cancelled'];
    },
  ],
  [
    'a cancel that was promised and not kept',
    'a cancel has one winner',
    ({ acknowledged }) => {
      acknowledged[0]!.cancel = 'cancelled';
    },
  ],
  [
    'a cancelled request that was run',
    'what was cancelled never starts',
    ({ calls }) => void calls.push(call({ number: 2, token: 'second' })),
  ],
  [
    'a failure without a reason',
    'a request ends as it must',
    ({ requests }) => Object.assign(requests[0]!, { status: 'failed', error: 'internal', outputs: [] }),
  ],
  [
    'a picture too few',
    'a request ends as it must',
    ({ acknowledged }) => {
      acknowledged[0]!.item.images = 2;
    },
  ],
  [
    'an output that cannot be fetched',
    'no output is lost',
    ({ requests }) => {
      requests[0]!.outputs[0] = { seed: 7, mark: null, problem: 'it was answered 404' };
    },
  ],
  [
    'a picture of another round',
    'an output is what its round gave',
    ({ requests }) => {
      requests[0]!.outputs[0]!.seed = 8;
    },
  ],
  [
    'an output that is there twice',
    'no output is there twice',
    ({ requests }) => void requests[0]!.outputs.push(requests[0]!.outputs[0]!),
  ],
  [
    'a picture that was paid for and is nowhere',
    'no output is lost',
    ({ calls }) => void calls.push(call({ number: 2, seed: 8 })),
  ],
  [
    'a round that was called twice',
    'no round is called twice without a reason',
    ({ calls }) => void calls.push(call({ number: 2, beganAtMs: START_MS + 9000 })),
  ],
  [
    'too many calls at once',
    'limits of a backend hold',
    ({ calls }) => {
      for (let number = 2; number <= UPSTREAM_CONCURRENCY + 1; number++)
        calls.push(call({ number, seed: number, answer: 'blocked' }));
    },
  ],
  [
    'a cost that is not that of its outputs',
    'a request costs what its outputs cost',
    ({ requests }) => {
      requests[0]!.cost *= 2;
    },
  ],
  [
    'a budget that was passed',
    'no budget is passed',
    ({ money }) => {
      money[0]!.budget = pictureCost(0) - 1;
    },
  ],
  [
    'money that was spent twice',
    'money adds up',
    ({ money }) => {
      money[0]!.spent[1]! *= 2;
    },
  ],
  [
    'a reservation that stayed',
    'reservations are given back',
    ({ money }) => {
      money[0]!.reserved[0] = 1;
    },
  ],
  [
    'usage that tells less than was spent',
    'usage tells what was spent',
    ({ money }) => {
      money[0]!.usage.cost = 0;
    },
  ],
  [
    'usage that tells of too few requests',
    'usage counts every request',
    ({ money }) => {
      money[0]!.usage.requests = 1;
    },
  ],
  [
    'bytes without a row',
    'no bytes without a row',
    ({ stored }) => void stored.objects.push({ id: 'orphan', bytes: 1 }),
  ],
  ['a row without bytes', 'no row without its bytes', ({ stored }) => void stored.objects.pop()],
  [
    'bytes that are not those of the row',
    'a row tells its bytes',
    ({ stored }) => {
      stored.objects[0]!.bytes = 99;
    },
  ],
  [
    'a file that nobody owns and nobody removes',
    'what nobody owns expires',
    ({ stored }) => {
      stored.files[0]!.requestId = null;
    },
  ],
  [
    'a file for the way that stays',
    'what is needed no more expires',
    ({ stored }) => {
      Object.assign(stored.files[1]!, { expires: false, id: 'file-1' });
    },
  ],
  [
    'two files in one place',
    'no output is there twice',
    ({ stored }) => void stored.files.push({ ...stored.files[0]! }),
  ],
  ['a message that never came', 'one message of one end', ({ webhooks }) => void webhooks.pop()],
  [
    'a message of another end',
    'a message tells the end',
    ({ webhooks }) => {
      Object.assign(webhooks[0]!, { type: 'request.failed', status: 'failed' });
    },
  ],
  [
    'messages of two ends',
    'one message of one end',
    ({ webhooks }) => void webhooks.push({ ...webhooks[0]!, id: 'evt_2' }),
  ],
  [
    'a message that no receiver would take',
    'messages are signed, and of now',
    ({ webhooks }) => {
      webhooks[0]!.verified = false;
    },
  ],
  [
    'a queue that is not empty',
    'queues are empty in the end',
    ({ stored }) => void stored.lanesAtWork.push('a lane'),
  ],
  ['a message that waits', 'nothing is left to do', ({ stored }) => void stored.leftOvers.push('an event')],
  [
    'a process that ended by itself',
    'nothing happens that nobody asked for',
    ({ surprises }) => void surprises.push('api-1 ended by itself'),
  ],
];

test.each(spoilt)('%s is found', (_, promise, spoil) => {
  expect(promisesBroken(spoil)).toContain(promise);
});

describe('a round that was called twice', () => {
  type Changes = Parameters<typeof call>[0];
  const again = (fault: Partial<Fault>, first: Changes = {}, second: Changes = {}): string[] => {
    const ledger = inventLedger();
    ledger.calls = [
      call({ number: 2, ...first }),
      call({ beganAtMs: START_MS + 40_000, endedAtMs: START_MS + 40_100, ...second }),
    ];
    const at = { fromMs: START_MS + 1050, untilMs: START_MS + 1050 };
    ledger.faults = [{ kind: 'kill', victim: 'worker-1', ...at, ...fault }];
    const { findings, repeated } = check(ledger);
    expect(repeated).toHaveLength(1);
    expect(findings.length > 0).toBe(repeated[0]!.reasons.includes('none'));
    return repeated[0]!.reasons;
  };
  const lasting = (ms: number) => ({ fromMs: START_MS + 1050, untilMs: START_MS + 1050 + ms });

  test('was in flight when its worker was killed', () => {
    expect(again({})).toEqual(['its worker was killed']);
  });
  test('was answered, and its worker was killed before it could store what came', () => {
    const late = START_MS + 4000;
    expect(again({ fromMs: late, untilMs: late })).toEqual(['its worker was killed']);
  });
  test('has no reason where another worker was killed, or its own one long before or after', () => {
    expect(again({ victim: 'worker-2' })).toEqual(['none']);
    for (const at of [START_MS - 5000, START_MS + 20_000])
      expect(again({ fromMs: at, untilMs: at })).toEqual(['none']);
  });
  test('lost its lease while its worker stood still, but not in a moment', () => {
    expect(again({ kind: 'stop', ...lasting(21_000) })).toEqual(['its worker stood still past its lease']);
    expect(again({ kind: 'stop', ...lasting(5000) })).toEqual(['none']);
  });
  test('was about to be called by a worker that stood still, and that called at once when it went on', () => {
    const still = { kind: 'stop', victim: 'worker-2', fromMs: START_MS + 900 } as const;
    const begun = { beganAtMs: START_MS + 1000, worker: 'worker-3' };
    const second = { worker: 'worker-2' };
    const reason = 'a worker that stood still was about to call it';
    expect(again({ ...still, untilMs: START_MS + 39_800 }, begun, second)).toEqual([reason]);
    expect(again({ ...still, untilMs: START_MS + 30_000 }, begun, second)).toEqual(['none']);
  });
  test('was broken off with the connection', () => {
    const link = { kind: 'cut', victim: 'worker-1 > upstream' } as const;
    expect(again(link, { whole: false })).toEqual(['the connection to the upstream broke']);
    expect(again({ ...link, victim: 'worker-2 > upstream' })).toEqual(['none']);
  });
  test('was refused at first', () => {
    expect(again({ victim: 'nobody' }, { answer: 'refused' })).toEqual([
      'the upstream refused the call before',
    ]);
  });
  test('has no reason in a restart by SIGTERM, a wrong clock, or a PostgreSQL that was away', () => {
    expect(again({ kind: 'restart' })).toEqual(['none']);
    expect(again({ kind: 'clock' })).toEqual(['none']);
    expect(again({ victim: 'postgres', ...lasting(3000) })).toEqual(['none']);
  });
});

describe('a request that did not end as it would have', () => {
  const failedWith = (error: string, faults: Fault[]) => {
    const ledger = inventLedger();
    Object.assign(ledger.requests[0]!, { status: 'failed', error, outputs: [], cost: 0 });
    ledger.faults = faults;
    const { findings, givenUp } = check(ledger);
    return { given: givenUp.length, found: findings.some(({ promise }) => promise.includes('as it must')) };
  };
  const fault = (victim: string, kind: Fault['kind']): Fault => ({
    kind,
    victim,
    fromMs: START_MS + 1000,
    untilMs: START_MS + 1000,
  });

  test('may be given up when three workers died with it, and no sooner', () => {
    const kill = fault('worker-1', 'kill');
    expect(failedWith('worker_lost', [kill, kill, kill])).toEqual({ given: 1, found: false });
    expect(failedWith('worker_lost', [kill, kill])).toEqual({ given: 0, found: true });
  });
  test('may fail for a backend that could not be reached, and for no other', () => {
    const cut = fault('worker-1 > upstream', 'cut');
    expect(failedWith('backend_unavailable', [cut])).toEqual({ given: 1, found: false });
    expect(failedWith('internal', [cut])).toEqual({ given: 0, found: true });
    expect(failedWith('backend_unavailable', [])).toEqual({ given: 0, found: true });
  });
});
