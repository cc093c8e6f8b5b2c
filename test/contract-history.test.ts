/** GET /v1/requests and DELETE /v1/requests/{id}: an account's history, and what deleting leaves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount, makeKey, rowsOf } from './support/accounts.ts';
import { type Answer, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { drawPicture } from './support/pictures.ts';
import { submitEndless } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' });
});
afterAll(() => server[Symbol.asyncDispose]());

const list = (caller: Caller, query = ''): Promise<Answer> => call(caller, `/v1/requests${query}`);
const idsOf = ({ body }: Answer): string[] =>
  body.requests.map((one: { request_id: string }) => one.request_id);
const remove = (caller: Caller, id: string) => call(caller, `/v1/requests/${id}`, { method: 'DELETE' });

/** An account with nothing to draw: its place is taken, so that its requests stay as they are. */
async function stillAccount(): Promise<Caller & { accountId: string; endless: string }> {
  const account = await makeAccount(server, { maxRunning: 1 });
  return { ...account, endless: await submitEndless(account) };
}

describe('the list', () => {
  test('has the newest first, each as its result shows it, with its input and cost', async () => {
    const account = await makeAccount(server);
    const first = await submit(account, { prompt: 'first', resolution: '0.5K' });
    await resultOf(account, first);
    const second = await submit(account, { prompt: 'second [[sandbox:blocked]]', seed: 3 });
    const failed = await resultOf(account, second);
    const answer = await list(account);
    expect(Object.keys(answer.body)).toEqual(['requests', 'next_cursor']);
    expect(idsOf(answer)).toEqual([second, first]);
    expect(answer.body.next_cursor).toBeNull();
    const { input, ...shown } = answer.body.requests[0];
    expect(shown).toEqual(failed);
    expect(input).toMatchObject({ prompt: 'second [[sandbox:blocked]]', seed: 3 });
    expect(answer.body.requests[1]).toMatchObject({ status: 'completed', cost: 0.045 });
    expect((await fetch(answer.body.requests[1].output.image)).status).toBe(200);
    expect((await call(account, `/v1/requests/${second}`)).body).toEqual(answer.body.requests[0]);
    expect((await call(server, `/v1/requests/${second}`)).status).toBe(404);
  });

  test("is empty for who has none, and shows nobody else's", async () => {
    const stranger = await makeAccount(server);
    await submit(server, { prompt: 'mine', resolution: '0.5K' });
    expect((await list(stranger)).body).toEqual({ requests: [], next_cursor: null });
  });
});

describe('cursor pages', () => {
  test('go on past many that do not fit, with short pages and nothing left out', async () => {
    const account = await makeAccount(server);
    const first = await submit(account, { prompt: 'oldest [[sandbox:blocked]]' });
    await resultOf(account, first);
    await rowsOf(
      server,
      `insert into requests (id, account_id, key_id, model_id, pool, place, state, input, sync_mode, seed, rounds, reserved, ended_at)
       select uuidv7(), r.account_id, r.key_id, r.model_id, r.pool, n, 'completed', '{}', false, 1, 1, 0, now()
         from requests r, generate_series(1, 45000) n where r.id = $1`,
      [first],
    );
    const last = await submit(account, { prompt: 'newest [[sandbox:blocked]]' });
    await resultOf(account, last);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const answer: Answer = await list(account, `?status=failed&limit=5${cursor && `&cursor=${cursor}`}`);
      seen.push(...idsOf(answer));
      cursor = answer.body.next_cursor;
    }
    expect(seen).toEqual([last, first]);
    expect(pages).toBe(3);
  });

  test('have no gaps and no repeats, while new ones arrive and one is deleted', async () => {
    const account = await stillAccount();
    const made: string[] = [account.endless];
    for (let n = 0; n < 11; n++) made.push(await submit(account, { prompt: `${n}` }));
    const seen: string[] = [];
    let query = '?limit=3';
    for (let number = 0; ; number++) {
      const answer = await list(account, query);
      seen.push(...idsOf(answer));
      expect(idsOf(answer).length).toBeLessThanOrEqual(3);
      // They are newer than where we are.
      await Promise.all([submit(account, { prompt: 'new' }), submit(account, { prompt: 'new' })]);
      if (number === 0) {
        // Where the cursor points to may go.
        const last = seen.at(-1)!;
        await call(account, `/v1/requests/${last}/cancel`, { method: 'POST' });
        expect((await remove(account, last)).status).toBe(204);
      }
      if (answer.body.next_cursor === null) break;
      query = `?limit=3&cursor=${answer.body.next_cursor}`;
    }
    expect(seen).toEqual(made.toReversed());
  });

  test('concurrent submits are all on the pages, once', async () => {
    const account = await stillAccount();
    const made = await Promise.all(Array.from({ length: 30 }, () => submit(account, { prompt: 'at once' })));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer: Answer = await list(account, `?limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...idsOf(answer));
      cursor = answer.body.next_cursor;
    }
    expect(seen).toHaveLength(31);
    expect(seen.toSorted()).toEqual([account.endless, ...made].sort());
  });

  test('a page that is exactly full has no next one if nothing follows', async () => {
    const account = await stillAccount();
    await submit(account, { prompt: 'x' });
    expect((await list(account, '?limit=2')).body.next_cursor).toBeNull();
    expect((await list(account, '?limit=1')).body.next_cursor).toEqual(expect.any(String));
  });

  test.each([
    'cursor=nonsense',
    'cursor=',
    'limit=0',
    'limit=101',
    'status=done',
    'after=yesterday',
    'before=1',
  ])('%s is a 422 that names it', async (query) => {
    const { status, body } = await list(server, `?${query}`);
    expect([status, body.detail[0].loc]).toEqual([422, ['query', query.split('=')[0]]]);
  });
});

describe('filters', () => {
  test('by status, in the words of the result', async () => {
    const account = await makeAccount(server, { maxRunning: 1 });
    const completed = await submit(account, { prompt: 'x', resolution: '0.5K' });
    await resultOf(account, completed);
    const failed = await submit(account, { prompt: 'x [[sandbox:blocked]]' });
    await resultOf(account, failed);
    const in_progress = await submitEndless(account);
    const in_queue = await submit(account, { prompt: 'x' });
    const cancelled = await submit(account, { prompt: 'x' });
    await call(account, `/v1/requests/${cancelled}/cancel`, { method: 'POST' });
    for (const [status, id] of Object.entries({ completed, failed, in_progress, in_queue, cancelled })) {
      const answer = await list(account, `?status=${status}`);
      expect([status, idsOf(answer)]).toEqual([status, [id]]);
      expect(answer.body.requests[0].status).toBe(status);
    }
  });

  test('by model, also by its alias, and together with a status', async () => {
    const account = await stillAccount();
    const pro = await submit(account, { prompt: 'x' }, 'google/nano-banana/pro/text-to-image');
    for (const id of ['google/nano-banana/pro/text-to-image', 'google/nano-banana-pro/text-to-image'])
      expect(idsOf(await list(account, `?model_id=${id}`))).toEqual([pro]);
    expect(idsOf(await list(account, `?model_id=${TEXT_TO_IMAGE}`))).toEqual([account.endless]);
    expect(idsOf(await list(account, `?model_id=${TEXT_TO_IMAGE}&status=in_queue`))).toEqual([]);
    expect(idsOf(await list(account, '?model_id=google/none'))).toEqual([]);
  });

  test('by the key that submitted it', async () => {
    const account = await stillAccount();
    const other = await makeKey(account);
    const made = await submit({ url: server.url, key: other.key }, { prompt: 'x' });
    expect(idsOf(await list(account, `?key_id=${other.id}`))).toEqual([made]);
    expect(idsOf(await list(account, `?key_id=${other.id.toUpperCase()}&model_id=${TEXT_TO_IMAGE}`))).toEqual(
      [made],
    );
    expect((await list(account, '?key_id=none')).status).toBe(422);
  });

  test('by time of creation: at or after, and before, to the microsecond', async () => {
    const account = await stillAccount();
    await Promise.all(Array.from({ length: 12 }, () => submit(account, { prompt: 'x' })));
    // Closer than a millisecond, as on a faster machine.
    await rowsOf(
      server,
      `update requests r set created_at = date_trunc('milliseconds', now()) + place.row * interval '100 microseconds'
         from (select id, row_number() over (order by id) as row from requests where account_id = $1) place
        where place.id = r.id`,
      [account.accountId],
    );
    const all = (await list(account)).body.requests as { request_id: string; created_at: string }[];
    for (const { created_at } of all) {
      const at = encodeURIComponent(created_at);
      const expected = (keep: (time: string) => boolean) =>
        all.filter((one) => keep(one.created_at)).map((one) => one.request_id);
      expect(idsOf(await list(account, `?after=${at}`))).toEqual(expected((time) => time >= created_at));
      expect(idsOf(await list(account, `?before=${at}`))).toEqual(expected((time) => time < created_at));
      expect(idsOf(await list(account, `?after=${at}&before=${at}`))).toEqual([]);
    }
    expect(
      idsOf(await list(account, '?after=2020-01-01T00:00:00Z&before=2020-01-02T00:00:00%2B02:00')),
    ).toEqual([]);
    expect(idsOf(await list(account, '?after=2020-01-01T00:00:00Z'))).toHaveLength(13);
  });
});

describe('deleting', () => {
  test('takes input, output and files, and leaves the usage without its content', async () => {
    const account = await makeAccount(server);
    const picture = `data:image/png;base64,${(await drawPicture()).toString('base64')}`;
    const id = await submit(account, { prompt: 'mirror', image_urls: [picture], resolution: '0.5K' }, EDIT);
    const { output } = await resultOf(account, id);
    const [{ input }] = (await list(account)).body.requests;
    const urls = [output.image, input.image_urls[0]];
    for (const url of urls) expect((await fetch(url)).status).toBe(200);
    const before = (await call(account, '/v1/usage')).body.total;
    expect(before).toMatchObject({ requests: 1, completed: 1, outputs: 1, cost_usd: 0.045 });

    const deleted = await remove(account, id);
    expect([deleted.status, deleted.body]).toEqual([204, '']);
    for (const url of urls) expect((await fetch(url)).status).toBe(404);
    for (const [path, method] of [
      ['/status', 'GET'],
      ['/result', 'GET'],
      ['/cancel', 'POST'],
      ['', 'DELETE'],
    ]) {
      const { status, body } = await call(account, `/v1/requests/${id}${path}`, { method: method! });
      expect([path, status, body.error_code]).toEqual([path, 404, 404001]);
    }
    expect(idsOf(await list(account))).toEqual([]);
    expect((await call(account, '/v1/usage')).body.total).toEqual(before);
  });

  test('an uploaded file that a deleted request used stays', async () => {
    const upload = await call(server, '/v1/files', {
      body: new Uint8Array(await drawPicture()),
      headers: { 'content-type': 'image/png' },
    });
    const input = { prompt: 'mirror', image_urls: [upload.body.url], resolution: '0.5K' };
    const id = await submit(server, input, EDIT);
    await resultOf(server, id);
    expect((await remove(server, id)).status).toBe(204);
    expect((await fetch(upload.body.url)).status).toBe(200);
  });

  test('is refused while the request waits or runs', async () => {
    const account = await stillAccount();
    const waiting = await submit(account, { prompt: 'x' });
    for (const id of [account.endless, waiting]) {
      const { status, body } = await remove(account, id);
      expect([status, body.error_code]).toEqual([409, 409001]);
    }
    await call(account, `/v1/requests/${waiting}/cancel`, { method: 'POST' });
    expect((await remove(account, waiting)).status).toBe(204);
  });

  test('needs a key that may generate', async () => {
    const id = await submit(server, { prompt: 'x', resolution: '0.5K' });
    await resultOf(server, id);
    const { key } = await makeKey(server, { scopes: ['read'] });
    expect((await remove({ ...server, key }, id)).status).toBe(403);
  });
});
