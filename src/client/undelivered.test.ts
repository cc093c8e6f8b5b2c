import { expect, test, vi } from 'vitest';
import { APIError, ConnectionError, RequestCancelledError, RequestFailedError } from './errors.ts';
import { type Ticket, Undelivered } from './undelivered.ts';

/** What one call does with its ticket: nothing bad unless told. */
const take = async (
  undelivered: Undelivered,
  wanted: (string | Uint8Array)[] = ['a fox'],
  outcome: unknown = undefined,
): Promise<string> => {
  let key = '';
  await undelivered
    .once(wanted, async (ticket) => {
      key = ticket.idempotencyKey;
      if (outcome === 'left') ticket.left = true;
      else if (outcome !== undefined) throw outcome;
    })
    .catch((error) => {
      if (error !== outcome) throw error;
    });
  return key;
};

const result = {
  request_id: 'r1',
  status: 'failed',
  created_at: '',
  error: { code: 'x', message: 'x' },
} as never;
const refusal = (status: number): APIError => new APIError('no', { status });

test('what was delivered is another one the next time', async () => {
  const undelivered = new Undelivered();
  expect(await take(undelivered)).not.toBe(await take(undelivered));
});

test.each([
  ['a lost answer', new ConnectionError('lost')],
  ['a server that broke', refusal(500)],
  ['a submit that is being accepted', refusal(409)],
  ['a reader that broke', new Error('disk full')],
  ['going away with it unfinished', 'left'],
])('after %s the same is gone on with, once', async (_, outcome) => {
  const undelivered = new Undelivered();
  const first = await take(undelivered, ['a fox'], outcome);
  expect(await take(undelivered, ['an owl'])).not.toBe(first);
  expect(await take(undelivered)).toBe(first);
  expect(await take(undelivered)).not.toBe(first);
});

test.each([
  ['a failure', new RequestFailedError(result)],
  ['a cancellation', new RequestCancelledError(result)],
  ['a refusal', refusal(422)],
  ['a refused key', refusal(401)],
])('after %s there is nothing to go on with', async (_, outcome) => {
  const undelivered = new Undelivered();
  const first = await take(undelivered, ['a fox'], outcome);
  expect(await take(undelivered)).not.toBe(first);
});

test.each([
  ['was cancelled meanwhile', new RequestCancelledError(result)],
  ['was deleted meanwhile', refusal(404)],
])('one that %s is replaced within the same call', async (_, outcome) => {
  const undelivered = new Undelivered();
  const lost = await take(undelivered, ['a fox'], new ConnectionError('lost'));
  const work = vi.fn(async (ticket: Ticket) => {
    if (ticket.idempotencyKey === lost) throw outcome;
    return ticket.idempotencyKey;
  });
  expect(await undelivered.once(['a fox'], work)).not.toBe(lost);
  expect(work).toHaveBeenCalledTimes(2);
});

test('two at once have one each, and both are gone on with', async () => {
  const undelivered = new Undelivered();
  const firsts: string[] = [];
  const bothStarted = Promise.withResolvers<void>();
  const lose = (): Promise<unknown> =>
    undelivered
      .once(['a fox'], async ({ idempotencyKey }) => {
        if (firsts.push(idempotencyKey) === 2) bothStarted.resolve();
        await bothStarted.promise;
        throw new ConnectionError('lost');
      })
      .catch(() => undefined);
  await Promise.all([lose(), lose()]);
  expect(new Set(firsts).size).toBe(2);
  const seconds = await Promise.all([take(undelivered), take(undelivered)]);
  expect(seconds.toSorted()).toEqual(firsts.toSorted());
});

test('who is aborted leaves it at once, before everything is put away', async () => {
  const undelivered = new Undelivered();
  const controller = new AbortController();
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const started = Promise.withResolvers<string>();
  const first = undelivered.once(
    ['a fox'],
    (ticket) => {
      started.resolve(ticket.idempotencyKey);
      return stuck;
    },
    controller.signal,
  );
  const key = await started.promise;
  controller.abort();
  expect(await take(undelivered)).toBe(key);
  reject(new Error('now'));
  await expect(first).rejects.toThrow('now');
  // And only once.
  expect(await take(undelivered)).not.toBe(key);
});

test('what was got by another way is not gone on with', async () => {
  const undelivered = new Undelivered();
  let key = '';
  await undelivered.once(['a fox'], async (ticket) => {
    key = ticket.idempotencyKey;
    ticket.requestId = 'r1';
    ticket.left = true;
  });
  undelivered.delivered('r1');
  expect(await take(undelivered)).not.toBe(key);
});

test('bytes tell files apart', async () => {
  const undelivered = new Undelivered();
  const first = await take(undelivered, ['edit', new Uint8Array([1])], new ConnectionError('lost'));
  expect(await take(undelivered, ['edit', new Uint8Array([2])])).not.toBe(first);
  expect(await take(undelivered, ['edit', new Uint8Array([1])])).toBe(first);
});

test('it is kept for an hour, and not without bound', async () => {
  let now = 0;
  const undelivered = new Undelivered(() => now);
  const lost = new ConnectionError('lost');
  const first = await take(undelivered, ['a fox'], lost);
  now = 3_599_999;
  const second = await take(undelivered, ['a fox'], lost);
  expect(second).toBe(first);
  now += 3_600_000;
  expect(await take(undelivered)).not.toBe(first);
  const oldest = await take(undelivered, ['0'], lost);
  for (let index = 1; index <= 1000; index++) await take(undelivered, [String(index)], lost);
  expect(await take(undelivered, ['0'])).not.toBe(oldest);
});
