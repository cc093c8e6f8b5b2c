/** What webhooks are sent and when: payloads, order, retries, receivers that fail in every way. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { type Answer, call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually, type Peek, peekInto } from './support/database.ts';
import {
  accountWithWebhook,
  type Message,
  type Receiver,
  startReceiver,
  submitPath,
  verify,
} from './support/receiver.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let db: Peek;
let receiver: Receiver;
beforeAll(async () => {
  server = await startTestServer({
    DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1',
    DARKROOM_SHUTDOWN_GRACE: '0',
  });
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  receiver = await startReceiver();
});

type Account = Awaited<ReturnType<typeof accountWithWebhook>>;
const account = (
  fields: { url?: string; events?: string[] } = {},
  limits?: { maxRunning: number },
): Promise<Account> => accountWithWebhook(server, { url: receiver.url, ...fields }, limits);

const FAILING = { prompt: 'x [[sandbox:blocked]]' };
const typesOf = (messages: Message[]): string[] => messages.map(({ type }) => type);
const deliveriesOf = async (of: Account, query = ''): Promise<Answer['body'][]> =>
  (await call(of, `/v1/deliveries${query}`)).body.deliveries;
const deliveryOf = async (of: Account, requestId: string): Promise<Answer['body']> => {
  const [{ id }] = await deliveriesOf(of, `?request_id=${requestId}`);
  return (await call(of, `/v1/deliveries/${id}`)).body;
};
/** The account's only delivery, once it was tried so often. */
const triedSoOften = (of: Account, requestId: string, count: number): Promise<Answer['body']> =>
  eventually(async () => {
    const [delivery] = await deliveriesOf(of, `?request_id=${requestId}`);
    return delivery?.attempt_count >= count && deliveryOf(of, requestId);
  });

/** As if so much time had passed for what waits and for those who are left alone. */
async function pass(of: { accountId: string }, interval: string): Promise<void> {
  await db.rows(
    `update webhook_deliveries
        set next_attempt_at = next_attempt_at - $2::interval, give_up_at = give_up_at - $2::interval, created_at = created_at - $2::interval
      where account_id = $1 and state = 'pending'`,
    [of.accountId, interval],
  );
  await db.rows(
    `update webhook_receivers
        set due_at = due_at - $2::interval, paused_until = paused_until - $2::interval, failing_since = failing_since - $2::interval
      where account_id = $1`,
    [of.accountId, interval],
  );
  await db.rows(`select pg_notify('darkroom', 'test webhooks passed')`);
}

describe('an event', () => {
  test('of the end has the whole result, and is signed', async () => {
    const mine = await account();
    const requestId = await submit(mine, { prompt: 'a fox', num_images: 2, resolution: '0.5K' });
    const result = await resultOf(mine, requestId);
    const [message] = await receiver.until(1);
    const { type, timestamp, data } = verify(mine.secret, message!) as Answer['body'];
    expect({ type, timestamp }).toEqual({ type: 'request.completed', timestamp: result.completed_at });
    expect(data).toEqual(result);
    expect(data.output.images).toHaveLength(2);
    expect((await fetch(data.output.images[0])).status).toBe(200);
    expect(message!.id).toBe(`evt_${requestId.replaceAll('-', '')}_completed`);
    expect(message!.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'darkroom',
    });
  });

  test('comes for each way a request can end, if it was asked for', async () => {
    const mine = await account({ events: ['request.failed', 'request.cancelled'] }, { maxRunning: 1 });
    const failed = await submit(mine, FAILING);
    await resultOf(mine, await submit(mine, { prompt: 'completes', resolution: '0.5K' }));
    await submitEndless(mine);
    const waits = await submit(mine, FAILING);
    await call(mine, `/v1/requests/${waits}/cancel`, { method: 'POST' });
    const messages = await receiver.until(2);
    expect(messages.map(({ type, data }) => [type, data.request_id, data.status])).toEqual([
      ['request.failed', failed, 'failed'],
      ['request.cancelled', waits, 'cancelled'],
    ]);
    expect(messages[0]!.data.error).toMatchObject({ code: 'content_blocked' });
  });

  test('comes from the start on, one for each output, where a submit asks for all', async () => {
    const mine = await makeAccount(server);
    const path = `${TEXT_TO_IMAGE}${submitPath(`${receiver.url}?mine=1`, true)}`;
    const requestId = await submit(mine, { prompt: 'three', num_images: 3, resolution: '0.5K' }, path);
    const messages = await receiver.until(5);
    expect(typesOf(messages)).toEqual([
      'request.in_progress',
      'request.output',
      'request.output',
      'request.output',
      'request.completed',
    ]);
    expect(new Set(messages.map(({ path }) => path))).toEqual(new Set(['/hooks?mine=1']));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(5);
    const [start, ...rest] = messages.map(({ data }) => data);
    expect(start).toMatchObject({
      status: 'in_progress',
      progress: { done: 0, total: 3 },
      completed_at: null,
    });
    expect(start.output).toBeUndefined();
    const outputs = rest.slice(0, 3);
    expect(outputs.map(({ progress }) => progress.done)).toEqual([1, 2, 3]);
    const urls = outputs.flatMap(({ files }) => files.map(({ url }: { url: string }) => url));
    expect(urls.toSorted()).toEqual(rest[3].output.images.toSorted());
    for (const { status, output, cost } of outputs)
      expect([status, output, cost]).toEqual(['in_progress', undefined, undefined]);
    expect(rest[3]).toMatchObject({ status: 'completed', request_id: requestId, cost: expect.any(Number) });
  });

  test('of the end alone comes where a submit says no more, beside those of the account', async () => {
    const mine = await account({ events: ['request.in_progress'] });
    await submit(mine, FAILING, `${TEXT_TO_IMAGE}${submitPath(`${receiver.url}/named`)}`);
    const messages = await receiver.until(2);
    expect(messages.map(({ path, type }) => `${path} ${type}`).sort()).toEqual([
      '/hooks request.in_progress',
      '/hooks/named request.failed',
    ]);
  });

  test('of a synchronous request has no bytes, and fetching the result afterwards still gives them', async () => {
    const mine = await account({ events: ['request.output', 'request.completed'] });
    const requestId = await submit(
      mine,
      { prompt: 'x', sync_mode: true },
      'google/nano-banana/pro/text-to-image',
    );
    const messages = await receiver.until(2);
    for (const { body, data } of messages) {
      expect(body.length).toBeLessThan(4000);
      expect(data.files).toMatchObject([{ content_type: 'image/png', bytes: expect.any(Number) }]);
      expect(data.files[0].url).toBeUndefined();
    }
    expect(messages[1]!.data.output).toEqual({});
    const { output } = await resultOf(mine, requestId);
    expect(output.image).toMatch(/^data:image\/png;base64,/);
  });

  test('of a request that was deleted is given up, since there is nothing left to tell', async () => {
    receiver.answer = 500;
    const mine = await account();
    const requestId = await submit(mine, FAILING);
    await triedSoOften(mine, requestId, 1);
    expect((await call(mine, `/v1/requests/${requestId}`, { method: 'DELETE' })).status).toBe(204);
    receiver.answer = 204;
    await pass(mine, '1 minute');
    const delivery = await eventually(async () => {
      const now = await deliveryOf(mine, requestId);
      return now.state !== 'pending' && now;
    });
    expect(delivery).toMatchObject({ state: 'failed', error: 'the request was deleted', payload: null });
    expect(receiver.messages).toHaveLength(1);
    const again = await call(mine, `/v1/deliveries/${delivery.id}/redeliver`, { method: 'POST' });
    expect(again).toMatchObject({ status: 409, body: { message: expect.stringMatching(/deleted/) } });
  });
});

describe('a receiver that fails', () => {
  test('gets the event again, with the same id and a new time, and every attempt is written down', async () => {
    const mine = await account();
    receiver.answer = (response) => response.writeHead(500).end('out\u0000of order\n');
    const requestId = await submit(mine, FAILING);
    const first = await triedSoOften(mine, requestId, 1);
    expect(first).toMatchObject({ state: 'pending', error: 'answered 500', ended_at: null });
    const waitsMs = Date.parse(first.next_attempt_at) - Date.now();
    expect(waitsMs).toBeGreaterThan(2000);
    expect(waitsMs).toBeLessThan(6500);
    receiver.answer = 204;
    await pass(mine, '7 seconds');
    const [one, two] = await receiver.until(2);
    expect(two!.id).toBe(one!.id);
    expect(two!.body).toBe(one!.body);
    verify(mine.secret, two!);
    const delivery = await triedSoOften(mine, requestId, 2);
    expect(delivery).toMatchObject({
      state: 'delivered',
      attempt_count: 2,
      error: null,
      next_attempt_at: null,
    });
    expect(delivery.payload).toEqual(JSON.parse(one!.body));
    expect(delivery.attempts).toMatchObject([
      { number: 2, status: 204, error: null, excerpt: null },
      { number: 1, status: 500, error: 'answered 500', excerpt: 'out of order' },
    ]);
    for (const { duration_ms, at } of delivery.attempts) {
      expect(duration_ms).toBeGreaterThanOrEqual(0);
      expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(30_000);
    }
  });

  test('for an hour gets every event once it is back, in the order of each request', async () => {
    const mine = await account({
      events: ['request.in_progress', 'request.output', 'request.completed', 'request.failed'],
    });
    const port = Number(receiver.host.split(':')[1]);
    await receiver.close();
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        submit(mine, index % 4 ? FAILING : { prompt: 'x', resolution: '0.5K', num_images: 2 }),
      ),
    );
    for (const id of ids) await resultOf(mine, id);
    const expected = ids.length * 2 + 5 * 2;
    await eventually(async () => {
      const [row] = await db.rows(
        `select count(*)::int as made, sum(attempts)::int as attempts from webhook_deliveries where account_id = $1`,
        [mine.accountId],
      );
      return row.made === expected && row.attempts >= 3;
    });
    expect((await deliveriesOf(mine))[0]).toMatchObject({ state: 'pending' });
    const hook = (await call(mine, `/v1/webhooks/${mine.webhookId}`)).body;
    expect(hook).toMatchObject({ enabled: true, failing_since: expect.any(String) });

    const back = await startReceiver(port);
    await pass(mine, '1 hour');
    const messages = await back.until(expected);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(expected);
    const byRequest = Map.groupBy(messages, ({ data }) => data.request_id);
    expect([...byRequest.keys()].sort()).toEqual(ids.toSorted());
    for (const [id, ofRequest] of byRequest) {
      const outputs = ids.indexOf(id) % 4 ? [] : ['request.output', 'request.output'];
      const end = ids.indexOf(id) % 4 ? 'request.failed' : 'request.completed';
      expect(typesOf(ofRequest)).toEqual(['request.in_progress', ...outputs, end]);
    }
    await eventually(
      async () => (await call(mine, `/v1/webhooks/${mine.webhookId}`)).body.failing_since === null,
    );
  });

  test('at one event of a request gets no later one before it', async () => {
    const mine = await makeAccount(server);
    receiver.answer = (response, { type, data }) =>
      response.writeHead(type === 'request.in_progress' && data.model_id ? 500 : 204).end();
    const path = `${TEXT_TO_IMAGE}${submitPath(receiver.url, true)}`;
    const held = await submit(mine, { prompt: 'x', resolution: '0.5K' }, path);
    await resultOf(mine, held);
    const other = await submit(mine, FAILING, `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`);
    // Another request's events are not held back.
    await receiver.untilThat((messages) => messages.some(({ data }) => data.request_id === other));
    const ofHeld = (messages: Message[]) => messages.filter(({ data }) => data.request_id === held);
    expect(typesOf(ofHeld(receiver.messages))).toEqual(['request.in_progress']);
    receiver.answer = 204;
    await pass(mine, '1 minute');
    const messages = await receiver.untilThat((all) => ofHeld(all).length === 4);
    expect(typesOf(ofHeld(messages))).toEqual([
      'request.in_progress',
      'request.in_progress',
      'request.output',
      'request.completed',
    ]);
  });

  test('is not asked again before Retry-After', async () => {
    const mine = await account();
    receiver.answer = (response) => response.writeHead(429, { 'retry-after': '3600' }).end();
    const first = await submit(mine, FAILING);
    const delivery = await triedSoOften(mine, first, 1);
    const waitsMs = Date.parse(delivery.next_attempt_at) - Date.now();
    expect(waitsMs / 1000).toBeGreaterThan(3500);
    // It speaks for the receiver: others wait as well.
    receiver.answer = 204;
    const second = await submit(mine, FAILING);
    await eventually(async () => (await deliveriesOf(mine)).length === 2);
    await pass(mine, '59 minutes');
    await eventually(async () => {
      const { due } = await db.row(
        `select due_at > now() and lease is null as due from webhook_receivers where account_id = $1`,
        [mine.accountId],
      );
      return due;
    });
    expect(receiver.messages).toHaveLength(1);
    await pass(mine, '2 minutes');
    const messages = await receiver.until(3);
    expect(
      messages
        .slice(1)
        .map(({ data }) => data.request_id)
        .sort(),
    ).toEqual([first, second].sort());
  });

  test('with 410 gets nothing more: the webhook is disabled, until it is switched on again', async () => {
    const mine = await account();
    receiver.answer = 410;
    const requestId = await submit(mine, FAILING);
    const delivery = await triedSoOften(mine, requestId, 1);
    expect(delivery).toMatchObject({ state: 'failed', error: 'answered 410', attempt_count: 1 });
    const path = `/v1/webhooks/${mine.webhookId}`;
    const hook = await eventually(async () => {
      const { body } = await call(mine, path);
      return !body.enabled && body;
    });
    expect(hook).toMatchObject({ disabled_reason: 'it answered 410 Gone', disabled_at: expect.any(String) });
    await resultOf(mine, await submit(mine, FAILING));
    expect(await deliveriesOf(mine)).toHaveLength(1);
    const again = `/v1/deliveries/${delivery.id}/redeliver`;
    expect(await call(mine, again, { method: 'POST' })).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/Switch it on first/) },
    });
    receiver.answer = 204;
    await call(mine, path, { method: 'PATCH', json: { enabled: true } });
    expect((await call(mine, again, { method: 'POST' })).status).toBe(202);
    const [, second] = await receiver.until(2);
    expect(second!.id).toBe(delivery.message_id);
  });

  test('with 410 to a URL that a submit named is not asked about that event again', async () => {
    const mine = await makeAccount(server);
    receiver.answer = 410;
    await submit(mine, FAILING, `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`);
    await receiver.until(1);
    receiver.answer = 204;
    await submit(mine, FAILING, `${TEXT_TO_IMAGE}${submitPath(receiver.url)}`);
    await receiver.until(2);
    const list = async () => (await call(mine, '/v1/deliveries')).body.deliveries;
    await eventually(async () => (await list()).every(({ state }: { state: string }) => state !== 'pending'));
    expect((await list()).map(({ state }: { state: string }) => state)).toEqual(['delivered', 'failed']);
  });

  test('by redirecting is not followed, also not to a private address', async () => {
    const inner = await startReceiver();
    const mine = await account();
    receiver.answer = (response) => response.writeHead(307, { location: inner.url }).end();
    const delivery = await triedSoOften(mine, await submit(mine, FAILING), 1);
    expect(delivery).toMatchObject({
      state: 'pending',
      error: 'answered 307, and redirects are not followed',
    });
    expect(inner.messages).toEqual([]);
  });

  test('for days is disabled, and what waits for it is given up', async () => {
    const mine = await account();
    receiver.answer = 503;
    const first = await submit(mine, FAILING);
    await triedSoOften(mine, first, 1);
    await pass(mine, '3 days 1 minute');
    // Its day is over: it was tried a last time, and not again.
    await triedSoOften(mine, first, 2);
    const path = `/v1/webhooks/${mine.webhookId}`;
    const hook = await eventually(async () => {
      const { body } = await call(mine, path);
      return !body.enabled && body;
    });
    expect(hook.disabled_reason).toBe('nothing could be delivered for 3 days; at last it answered 503');
    expect(await deliveryOf(mine, first)).toMatchObject({
      state: 'failed',
      error: 'answered 503; it is not tried again',
    });
  });

  test('and is deleted or switched off has what waits for it given up', async () => {
    const mine = await account();
    receiver.answer = 500;
    const path = `/v1/webhooks/${mine.webhookId}`;
    const first = await submit(mine, FAILING);
    await triedSoOften(mine, first, 1);
    await call(mine, path, { method: 'PATCH', json: { enabled: false } });
    const givenUp = async (id: string) => {
      const now = await deliveryOf(mine, id);
      return now.state === 'failed' && now.error;
    };
    expect(await eventually(() => givenUp(first))).toBe('the webhook is disabled: switched off over the API');
    await call(mine, path, { method: 'PATCH', json: { enabled: true } });
    const second = await submit(mine, FAILING);
    await triedSoOften(mine, second, 1);
    await call(mine, path, { method: 'DELETE' });
    expect(await eventually(() => givenUp(second))).toBe('the webhook was deleted');
    // What was sent can still be looked at.
    expect(await deliveriesOf(mine)).toHaveLength(2);
  });

  test('never touches the request', async () => {
    const mine = await account({ url: `http://127.0.0.1:1/` });
    const started = performance.now();
    const requestId = await submit(mine, { prompt: 'x', resolution: '0.5K' });
    expect(await resultOf(mine, requestId)).toMatchObject({ status: 'completed' });
    expect(performance.now() - started).toBeLessThan(10_000);
    const delivery = await triedSoOften(mine, requestId, 1);
    expect(delivery).toMatchObject({ error: 'the host refused the connection', state: 'pending' });
    expect(delivery.attempts[0].status).toBeNull();
  });
});

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %d is taken as delivered', async (status) => {
    const mine = await account();
    receiver.answer = status;
    const delivery = await triedSoOften(mine, await submit(mine, FAILING), 1);
    expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ status, error: null }] });
  });

  test('without end counts by its status, and is not kept whole', async () => {
    const mine = await account();
    receiver.answer = (response) => {
      response.writeHead(400);
      const more = setInterval(() => response.write('x'.repeat(50_000)), 5);
      response.once('close', () => clearInterval(more));
    };
    const delivery = await triedSoOften(mine, await submit(mine, FAILING), 1);
    expect(delivery.attempts[0]).toMatchObject({ status: 400, error: 'answered 400' });
    expect(delivery.attempts[0].excerpt.length).toBeLessThanOrEqual(512);
  });
});

describe('deliveries', () => {
  test('are made again on demand, with the same id and what is known now', async () => {
    const mine = await account();
    const requestId = await submit(mine, FAILING);
    const [first] = await receiver.until(1);
    const before = await triedSoOften(mine, requestId, 1);
    const again = await call(mine, `/v1/deliveries/${before.id}/redeliver`, { method: 'POST' });
    expect(again).toMatchObject({ status: 202, body: { id: before.id, message_id: first!.id } });
    const [, second] = await receiver.until(2);
    expect([second!.id, second!.body]).toEqual([first!.id, first!.body]);
    expect(await triedSoOften(mine, requestId, 2)).toMatchObject({ state: 'delivered', attempt_count: 2 });
  });

  test('are listed in pages, newest first, by request and by state', async () => {
    const mine = await account();
    receiver.answer = (response, { data }) => response.writeHead(data.model_id ? 204 : 500).end();
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) {
      ids.push(await submit(mine, FAILING));
      await receiver.until(index + 1);
    }
    await eventually(async () => (await deliveriesOf(mine, '?state=delivered')).length === 5);
    receiver.answer = 500;
    await call(mine, `/v1/webhooks/${mine.webhookId}/test`, { method: 'POST' });
    await eventually(async () => (await deliveriesOf(mine, '?state=failed')).length === 1);

    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call(mine, `/v1/webhooks/${mine.webhookId}/deliveries?limit=2${cursor}`);
      seen.push(...body.deliveries.map(({ request_id, type }: Answer['body']) => request_id ?? type));
      if (!body.next_cursor) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(['webhook.test', ...ids.toReversed()]);
    expect(await deliveriesOf(mine, `?request_id=${ids[2]}&state=delivered`)).toHaveLength(1);
    expect(await deliveriesOf(mine, `?request_id=${ids[2]}&state=failed`)).toHaveLength(0);
    expect(await deliveriesOf(mine, `?webhook_id=${mine.webhookId}&limit=100`)).toHaveLength(6);
    for (const wrong of ['?cursor=x', '?state=lost', '?limit=0', '?request_id=x'])
      expect((await call(mine, `/v1/deliveries${wrong}`)).status).toBe(422);
  });

  test('are counted and timed for whoever watches the server', async () => {
    const mine = await account();
    await submit(mine, FAILING);
    await receiver.until(1);
    await eventually(async () => {
      const { body } = await call(server, '/metrics');
      return /^darkroom_webhook_attempts_total\{outcome="delivered"\} [1-9]/m.test(body);
    });
    receiver.answer = 500;
    const requestId = await submit(mine, FAILING);
    await triedSoOften(mine, requestId, 1);
    await pass(mine, '2 seconds');
    const { body } = await call(server, '/metrics');
    expect(body).toMatch(/^darkroom_webhook_attempts_total\{outcome="5xx"\} [1-9]/m);
    expect(Number(/^darkroom_webhooks_waiting (\d+)/m.exec(body)![1])).toBeGreaterThanOrEqual(1);
    expect(Number(/^darkroom_webhook_age_seconds (\S+)/m.exec(body)![1])).toBeGreaterThan(2);
    expect((await call(server, '/ready')).status).toBe(200);
  });
});
