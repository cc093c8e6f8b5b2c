/** The TypeScript client and what tells of requests without being asked: webhooks, and the account's events. */
import { expect, test } from 'vitest';
import { type AccountEvent, Darkroom } from '../src/client/index.ts';
import { TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { startReceiver } from './support/receiver.ts';
import { account, darkroom, proxy, setSdkStage } from './support/sdk-stage.ts';

setSdkStage({ env: { DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1' } });

const FAILING = { prompt: 'x [[sandbox:blocked]]', resolution: '0.5K' } as const;
const fail = async (): Promise<string> => {
  const { request_id } = await darkroom.submit(TEXT_TO_IMAGE, FAILING);
  await darkroom.wait(request_id).catch(() => {});
  return request_id;
};

test('webhooks are made, changed, tried and removed, and tell what they sent', async () => {
  const receiver = await startReceiver();
  const created = await darkroom.webhooks.create({ url: receiver.url, events: ['request.failed'] });
  expect(created).toMatchObject({ enabled: true, secret: expect.stringMatching(/^whsec_/) });
  const requestId = await fail();
  const [message] = await receiver.until(1);
  expect(JSON.parse(message!.body)).toMatchObject({
    type: 'request.failed',
    data: { request_id: requestId },
  });

  const delivery = await eventually(async () => {
    const { deliveries } = await darkroom.webhooks.deliveries({ requestId, state: 'delivered' });
    return deliveries[0];
  });
  expect(delivery).toMatchObject({ webhook_id: created.id, message_id: message!.id, attempt_count: 1 });
  expect((await darkroom.webhooks.delivery(delivery.id)).attempts).toMatchObject([
    { number: 1, error: null },
  ]);
  await darkroom.webhooks.redeliver(delivery.id);
  expect((await receiver.until(2))[1]!.id).toBe(message!.id);
  expect(await darkroom.webhooks.test(created.id)).toMatchObject({ type: 'webhook.test' });
  await receiver.until(3);
  const sent: string[] = [];
  for await (const { type } of darkroom.webhooks.deliveries({ webhookId: created.id, limit: 1 }))
    sent.push(type);
  expect(sent).toEqual(['webhook.test', 'request.failed']);

  expect((await darkroom.webhooks.secret(created.id)).secret).toBe(created.secret);
  const rotated = await darkroom.webhooks.rotateSecret(created.id, { overlapSeconds: 0 });
  expect(rotated).toMatchObject({ previous_valid_until: null });
  expect(rotated.secret).not.toBe(created.secret);
  expect((await darkroom.webhooks.rotateSecret(created.id)).previous_valid_until).not.toBeNull();

  expect(await darkroom.webhooks.update(created.id, { enabled: false })).toMatchObject({ enabled: false });
  expect((await darkroom.webhooks.list()).map(({ id }) => id)).toEqual([created.id]);
  await darkroom.webhooks.delete(created.id);
  await expect(darkroom.webhooks.get(created.id)).rejects.toMatchObject({ status: 404 });
});

test('a submit names a URL of its own', async () => {
  const receiver = await startReceiver();
  await darkroom.run(
    TEXT_TO_IMAGE,
    { prompt: 'x', resolution: '0.5K' },
    { webhook: receiver.url, webhookIntermediateStatus: true },
  );
  const types = (await receiver.until(3)).map(({ body }) => JSON.parse(body).type);
  expect(types).toEqual(['request.in_progress', 'request.output', 'request.completed']);
});

test('what happens in the account is told as it happens, and nothing is missed when the connection breaks', async () => {
  const told: AccountEvent[] = [];
  const controller = new AbortController();
  let open = 0;
  const listener = new Darkroom({
    apiKey: account.key,
    baseUrl: proxy.url,
    fetch: async (...parameters) => {
      const response = await fetch(...parameters);
      open++;
      return response;
    },
  });
  const listening = (async () => {
    for await (const event of listener.events({ signal: controller.signal })) told.push(event);
  })();
  // From then on.
  await eventually(() => open === 1);
  const first = await fail();
  await eventually(() => told.length === 1);
  expect(told[0]).toMatchObject({
    type: 'request.failed',
    data: { request_id: first, error: { code: 'content_blocked' } },
  });

  proxy.breakAll();
  const second = await fail();
  await eventually(() => told.length === 2);
  expect(told[1]!.data.request_id).toBe(second);
  expect(proxy.calls.filter(({ path }) => path === '/v1/events').at(-1)!.headers['last-event-id']).toBe(
    told[0]!.id,
  );

  // From where somebody was, however long ago.
  for await (const { data } of darkroom.events({ after: told[0]!.id })) {
    expect(data.request_id).toBe(second);
    break;
  }
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(listening).rejects.toBe(reason);
});

test('an estimate says what a run would cost, and uploads nothing', async () => {
  const estimate = await darkroom.estimate('google/nano-banana-2/edit', {
    prompt: 'at night',
    image_urls: [new Blob(['not even a picture'])],
    num_images: 3,
    resolution: '4K',
  });
  expect(estimate).toMatchObject({ cost: 0.453, outputs: 3, currency: 'USD', within_budget: true });
  expect(proxy.calls.map(({ path }) => path)).toEqual(['/v1/models/google/nano-banana-2/edit/estimate']);
  await expect(darkroom.estimate(TEXT_TO_IMAGE, {} as never)).rejects.toMatchObject({ status: 422 });
});
