/** Darkroom's tools in an AI assistant, driven by the official client over stdio and over HTTP. */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { call, EDIT, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { callTool, overHttp, overStdio } from './support/mcp.ts';
import { drawPicture } from './support/pictures.ts';
import { untilStarted } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const newAccount = (limits: { maxRunning?: number } = {}) => makeAccount(server, limits);
type Account = Awaited<ReturnType<typeof newAccount>>;

const history = async (account: Account) => (await call(account, '/v1/requests?limit=100')).body.requests;

/** Rounds that were run, which is what costs. */
const paid = async ({ accountId }: Account): Promise<number> =>
  (
    await rowsOf<{ n: number }>(
      server,
      'select count(*)::int as n from rounds o join requests r on r.id = o.request_id where r.account_id = $1',
      [accountId],
    )
  )[0]!.n;

/** The server's own endpoint: the quickest way to the tools. */
const connect = async (account: Account, name?: string) =>
  (await overHttp(`${server.url}/mcp`, account.key, name)).client;

const run = (client: Client, input: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  callTool(client, 'run_model', {
    model_id: TEXT_TO_IMAGE,
    input: { resolution: '0.5K', ...input },
    ...more,
  });

/** Lets nothing else of the account run, until the server stops. */
async function keepBusy(account: Account): Promise<void> {
  await untilStarted(account, await submit(account, { prompt: 'busy [[sandbox:hang]]' }));
}

describe.each(['stdio', 'http'] as const)('over %s', (way) => {
  test('an assistant finds a model, reads its input, makes a picture and edits it', async () => {
    const account = await newAccount();
    const process = way === 'stdio' ? await overStdio(account) : undefined;
    const client = process?.client ?? (await connect(account));
    expect(client.getServerVersion()).toMatchObject({ name: 'darkroom' });
    expect(client.getInstructions()).toMatch(/list_models/);

    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'list_models',
      'get_model',
      'estimate_model',
      'run_model',
      'get_model_request_result',
      'get_model_request_status',
      'cancel_model_request',
      'list_model_requests',
    ]);
    for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
      expect(description!.length, name).toBeGreaterThan(40);
      expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false });
      expect(outputSchema, name).toMatchObject({ type: 'object' });
      expect(annotations?.readOnlyHint, name).toBe(!/^(run|cancel)_/.test(name));
    }

    const found = await callTool(client, 'list_models', { search: 'nano banana 2', kind: 'text-to-image' });
    expect(found.data.models.map(({ model_id }: { model_id: string }) => model_id)).toContain(TEXT_TO_IMAGE);
    const model = await callTool(client, 'get_model', { model_id: EDIT });
    expect(model.data.input_schema.properties.num_images).toMatchObject({ minimum: 1, maximum: 4 });
    expect(JSON.parse(model.text)).toEqual(model.data);

    const estimate = await callTool(client, 'estimate_model', {
      model_id: TEXT_TO_IMAGE,
      input: { prompt: 'A lighthouse', num_images: 3, resolution: '0.5K' },
    });
    expect(estimate.data).toMatchObject({ cost: 0.135, within_budget: true });
    expect(await history(account)).toEqual([]);

    const made = await run(client, { prompt: 'A lighthouse above the sea', aspect_ratio: '16:9', seed: 7 });
    expect(made.isError, made.text).toBe(false);
    expect(made.pictures).toEqual([{ width: 688, height: 384, format: 'png', mimeType: 'image/png' }]);
    const [output] = made.data.outputs;
    expect(made.data).toMatchObject({ status: 'completed', model_id: TEXT_TO_IMAGE, cost_usd: 0.045 });
    expect(output).toMatchObject({ type: 'image', width: 688, height: 384, seed: 7 });
    for (const fact of [made.data.request_id, output.url, '688×384', 'seed 7', '0.045 USD'])
      expect(made.text).toContain(fact);

    const edited = await callTool(client, 'run_model', {
      model_id: EDIT,
      input: { prompt: 'rain', image_urls: [output.url], resolution: '2K' },
    });
    // Larger than a conversation can carry: smaller here, whole at the URL.
    expect(edited.pictures).toMatchObject([{ width: 1024, format: 'jpeg' }]);
    expect(edited.data.outputs).toMatchObject([{ width: 2752, content_type: 'image/png' }]);
    expect(edited.text).toMatch(/smaller/);
    expect(process?.stderr() ?? '').toBe('');
  });

  test('a call that is cancelled takes its request out of the queue', async () => {
    const account = await newAccount({ maxRunning: 1 });
    await keepBusy(account);
    const client = way === 'stdio' ? (await overStdio(account)).client : await connect(account);
    const controller = new AbortController();
    const progress: Progress[] = [];
    const call = callTool(
      client,
      'run_model',
      { model_id: TEXT_TO_IMAGE, input: { prompt: 'A fox' } },
      {
        signal: controller.signal,
        onprogress(told) {
          progress.push(told);
          controller.abort('enough');
        },
      },
    );
    await expect(call).rejects.toThrow('enough');
    expect(progress[0]!.message).toBe('in the queue, 0 ahead');
    const cancelled = await eventually(async () =>
      (await history(account)).find(({ status }: { status: string }) => status === 'cancelled'),
    );
    expect(cancelled.input.prompt).toBe('A fox');
  });
});

describe('waiting', () => {
  test('progress goes up from the queue to the last picture', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const told: Progress[] = [];
    const made = await callTool(
      client,
      'run_model',
      {
        model_id: TEXT_TO_IMAGE,
        input: { prompt: 'A fox [[sandbox:slow=300]]', num_images: 2, resolution: '0.5K' },
      },
      { onprogress: (progress) => void told.push(progress) },
    );
    expect(made.pictures).toHaveLength(2);
    const values = told.map(({ progress }) => progress);
    expect(values.length).toBeGreaterThan(1);
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
    expect(told.at(-1)).toMatchObject({ progress: 100, total: 100, message: 'completed' });
    expect(told.map(({ message }) => message).join()).toMatch(/of 2 done/);
  });

  test('what takes longer than the waiting has a request_id to come back with', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const started = await run(client, { prompt: 'A fox [[sandbox:slow=1500]]' }, { wait_seconds: 0.1 });
    expect(started.isError).toBe(false);
    expect(['in_queue', 'in_progress']).toContain(started.data.status);
    expect(started.data.estimated_cost_usd).toBe(0.045);
    expect(started.text).toMatch(/at most 0\.045 USD\n.*get_model_request_result/);
    const { request_id } = started.data;
    const status = await eventually(async () => {
      const { data } = await callTool(client, 'get_model_request_status', { request_id });
      return data.status !== 'in_queue' && data;
    });
    expect(status).toMatchObject({ request_id, status: 'in_progress', progress: { done: 0, total: 1 } });
    const result = await callTool(client, 'get_model_request_result', { request_id });
    expect(result.data).toMatchObject({ request_id, status: 'completed', cost_usd: 0.045 });
    expect(result.pictures).toHaveLength(1);
    const listed = await callTool(client, 'list_model_requests', { limit: 1 });
    expect(listed.data.requests).toEqual([
      expect.objectContaining({
        request_id,
        prompt: 'A fox [[sandbox:slow=1500]]',
        outputs: result.data.outputs,
      }),
    ]);
  });

  test('without waiting, what has ended is shown, however it ended', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const made = await run(client, { prompt: 'A fox' });
    const blocked = await run(client, { prompt: 'A fox [[sandbox:blocked]]' });
    const now = (request_id: string) =>
      callTool(client, 'get_model_request_result', { request_id, wait_seconds: 0 });
    expect((await now(made.data.request_id)).pictures).toHaveLength(1);
    const id = /Request (\S+) has failed/.exec(blocked.text)![1]!;
    expect((await now(id)).data).toMatchObject({ status: 'failed', error: { code: 'content_blocked' } });
  });

  test('the bytes of a synchronous request are shown, and not spelt out', async () => {
    const account = await newAccount();
    const image = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
    const input = { prompt: 'darker', image_urls: [image], sync_mode: true };
    const request_id = await submit(account, input, 'google/nano-banana/pro/edit');
    const shown = await callTool(await connect(account), 'get_model_request_result', { request_id });
    expect(shown.pictures).toHaveLength(1);
    expect(shown.data.outputs[0]).not.toHaveProperty('url');
    expect(shown.text.length).toBeLessThan(500);
  });

  test('a queued request is cancelled by its id, and one that has ended is not', async () => {
    const account = await newAccount({ maxRunning: 1 });
    await keepBusy(account);
    const client = await connect(account);
    const { data } = await run(client, { prompt: 'A fox' }, { wait_seconds: 0 });
    expect(data).toMatchObject({ status: 'in_queue', queue_position: 0 });
    const { request_id } = data;
    const cancelled = await callTool(client, 'cancel_model_request', { request_id });
    expect(cancelled.data).toEqual({ request_id, status: 'cancelled', outcome: 'cancelled' });
    const result = await callTool(client, 'get_model_request_result', { request_id });
    expect(result).toMatchObject({ isError: false, data: { status: 'cancelled', outputs: [] } });

    const other = await newAccount();
    const done = await run(await connect(other), { prompt: 'A fox' });
    const tooLate = await callTool(await connect(other), 'cancel_model_request', {
      request_id: done.data.request_id,
    });
    expect(tooLate.data).toMatchObject({ status: 'completed', outcome: 'not_cancellable' });
  });
});

describe('money', () => {
  test('a call that was given up goes on with the request it had, and pays once', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const input = { prompt: 'A fox [[sandbox:slow=500]]', resolution: '0.5K' };
    const controller = new AbortController();
    const call = callTool(
      client,
      'run_model',
      { model_id: TEXT_TO_IMAGE, input },
      {
        signal: controller.signal,
        onprogress: ({ message }) => message?.includes('done') && controller.abort('too long'),
      },
    );
    await expect(call).rejects.toThrow('too long');
    // Another session of the same key, as a client that has started anew.
    const again = await callTool(await connect(account), 'run_model', { model_id: TEXT_TO_IMAGE, input });
    expect(again.data.status).toBe('completed');
    expect(await paid(account)).toBe(1);
  });

  test('a call that came to no result in its time goes on with its request when it is made again', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const make = (wait_seconds: number) =>
      run(client, { prompt: 'A fox [[sandbox:slow=400]]' }, { wait_seconds });
    const first = await make(0);
    const second = await make(20);
    expect(second.data).toMatchObject({ request_id: first.data.request_id, status: 'completed' });
    // Now it has been delivered: asking again means another one.
    const third = await make(20);
    expect(third.data.request_id).not.toBe(first.data.request_id);
    expect(await paid(account)).toBe(2);
  });

  test('calls side by side with the same arguments are pictures of their own', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const made = await Promise.all([run(client, { prompt: 'A fox' }), run(client, { prompt: 'A fox' })]);
    expect(new Set(made.map(({ data }) => data.request_id)).size).toBe(2);
  });

  test('calls with one idempotency_key are one request', async () => {
    const account = await newAccount();
    const client = await connect(account);
    const make = () => run(client, { prompt: 'A fox' }, { idempotency_key: 'fox-1' });
    expect((await make()).data.request_id).toBe((await make()).data.request_id);
    expect(await paid(account)).toBe(1);
  });

  test('a key without budget says so, and that trying again is no use', async () => {
    const account = await newAccount();
    const { key } = await makeKey(account, { scopes: ['generate'], monthly_budget_usd: 0.01 });
    const { client } = await overHttp(`${server.url}/mcp`, key);
    const refused = await run(client, { prompt: 'A fox' });
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(/budget/);
    expect(refused.text).toMatch(/nothing spent.*Do not try again/);
  });
});

describe('errors are answers that tell what to do', () => {
  let client: Client;
  let account: Account;
  beforeAll(async () => {
    account = await newAccount();
  });

  const failing = async (name: string, args: Record<string, unknown>): Promise<string> => {
    client = await connect(account);
    const { isError, text, data } = await callTool(client, name, args);
    expect(isError, text).toBe(true);
    expect(data).toBeUndefined();
    return text;
  };

  test('every wrong field of an input is named, with what it may be', async () => {
    const text = await failing('run_model', {
      model_id: TEXT_TO_IMAGE,
      input: { num_images: 9, resolution: '8K', aspect_ration: '1:1' },
    });
    expect(text).toMatch(/input\.prompt is required/);
    expect(text).toMatch(/input\.num_images must be <= 4/);
    expect(text).toMatch(/input\.resolution must be one of: .*4K/);
    expect(text).toMatch(/input\.aspect_ration .*aspect_ratio/);
    expect(text).toMatch(/nothing spent/);
    expect(await history(account)).toEqual([]);
  });

  test('wrong arguments of a tool are named', async () => {
    expect(await failing('run_model', { model: TEXT_TO_IMAGE, input: {} })).toMatch(/model_id/);
    expect(await failing('get_model_request_result', { request_id: '../../v1/keys' })).toMatch(/request_id/);
    expect(await failing('list_models', { kind: 'audio' })).toMatch(/text-to-image/);
    expect(await failing('list_models', { cursor: 'next' })).toMatch(/^offset must be [^\n]+$/);
  });

  test('an unknown model and an unknown request', async () => {
    for (const name of ['get_model', 'run_model']) {
      const text = await failing(name, {
        model_id: 'google/nanobanana-2/text-to-image',
        ...(name === 'run_model' && { input: { prompt: 'x' } }),
      });
      expect(text).toMatch(/Nearest are google\/nano-banana-2\/text-to-image/);
    }
    const id = '01a1faa8-46b8-7d2a-a293-6bc0f79fda3f';
    for (const name of ['get_model_request_status', 'get_model_request_result', 'cancel_model_request'])
      expect(await failing(name, { request_id: id })).toMatch(/no such request.*list_model_requests/);
  });

  test('content that was refused, which another account does not see', async () => {
    const text = await failing('run_model', {
      model_id: TEXT_TO_IMAGE,
      input: { prompt: 'A fox [[sandbox:blocked]]' },
    });
    expect(text).toMatch(/content_blocked: .*\nCost: 0 USD\nIt would fail again/);
    const request_id = /Request (\S+) has failed/.exec(text)![1]!;
    const shown = await callTool(client, 'get_model_request_result', { request_id });
    expect(shown.data).toMatchObject({ status: 'failed', error: { code: 'content_blocked' } });
    const stranger = await connect(await newAccount());
    const { isError } = await callTool(stranger, 'get_model_request_result', { request_id });
    expect(isError).toBe(true);
  });

  test('a path over HTTP, and an output that would be kept nowhere', async () => {
    expect(
      await failing('run_model', {
        model_id: EDIT,
        input: { prompt: '/imagine', image_urls: ['/etc/passwd'] },
      }),
    ).toMatch(/input\.image_urls\[0\] is a path, and files of this machine are not read here/);
    expect(
      await failing('run_model', {
        model_id: 'google/nano-banana/pro/edit',
        input: { prompt: 'x', sync_mode: true },
      }),
    ).toMatch(/sync_mode/);
  });
});

test('a client that hands its model either data or content is not sent data beside a picture', async () => {
  const account = await newAccount();
  const client = await connect(account, 'claude-code');
  const made = await run(client, { prompt: 'A fox' });
  expect(made.data).toBeUndefined();
  expect(made.pictures).toHaveLength(1);
  expect(made.text).toContain(`${server.url}/files/`);
  const { tools } = await client.listTools();
  const without = tools.filter(({ outputSchema }) => outputSchema === undefined).map(({ name }) => name);
  expect(without).toEqual(['run_model', 'get_model_request_result']);
});
