/** PostgreSQL or the disk is gone for a while: callers are told to come back, nothing that was made is lost. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, call, EDIT, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import {
  clusterOf,
  eventually,
  killPostgres,
  type Peek,
  peekInto,
  restartedSince,
} from './support/database.ts';
import { drawPicture } from './support/pictures.ts';
import { untilStarted } from './support/requests.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';

/** An answer may wait this long for a connection that does not come. */
const LONGEST_ANSWER_MS = 6000;
/** A second or two, but for a machine that does a lot else. */
const LONGEST_RECOVERY_MS = 20_000;

const SMALL = { resolution: '0.5K', output_format: 'jpeg' };

let dataDir: string;
let server: ServerProcess;
let db: Peek;
beforeAll(async () => {
  dataDir = await temporaryFolder();
  server = await spawnServer(dataDir, { LOG_LEVEL: 'silent' });
  db = await peekInto(dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

async function timed(work: Promise<Answer>): Promise<Answer & { ms: number }> {
  const startedAt = performance.now();
  const answer = await work;
  return { ...answer, ms: performance.now() - startedAt };
}

function expectUnavailable({ status, body, headers, ms }: Answer & { ms: number }): void {
  expect({ status, code: body.error_code }).toEqual({ status: 503, code: 503001 });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(ms).toBeLessThan(LONGEST_ANSWER_MS);
  // Nothing of the inside: no socket path, no driver's words.
  expect(JSON.stringify(body)).not.toMatch(/ECONN|ENOENT|ENOTDIR|\/tmp|socket|postgres/i);
}

const readiness = async (): Promise<{ status: number; checks: Record<string, { ok: boolean }> }> => {
  const { status, body } = await timed(call(server, '/ready', { key: null }));
  return { status, checks: body.checks };
};

const untilReady = () => eventually(async () => (await readiness()).status === 200);

describe('while PostgreSQL is gone', () => {
  test('calls are answered 503 at once, images that come are kept, and all goes on by itself', {
    timeout: 60_000,
  }, async () => {
    const before = await submit(server, { prompt: 'was there before', ...SMALL });
    const { output } = await resultOf(server, before);
    const running = await Promise.all(
      Array.from({ length: 4 }, (_, index) =>
        submit(server, { prompt: `comes meanwhile ${index} [[sandbox:slow=1500]]`, num_images: 2, ...SMALL }),
      ),
    );
    const queued = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        submit(server, { prompt: `waits ${index} [[sandbox:slow=200,blocked]]` }),
      ),
    );
    await Promise.all(running.map((id) => untilStarted(server, id)));
    const begun = async () =>
      (await db.row('select count(*)::int as n from rounds where request_id = any($1)', [running])).n === 8;
    await eventually(begun);

    // Without this file it cannot start, so that it stays away for as long as we want.
    const control = join(await clusterOf(dataDir), 'global', 'pg_control');
    await rename(control, `${control}.away`);
    await killPostgres(dataDir);
    const goneAt = performance.now();
    onTestFinished(() => rename(`${control}.away`, control).catch(() => {}));
    // A process of its that was busy may answer once more: on several connections none does.
    await eventually(async () => {
      const looks = await Promise.all([readiness(), readiness(), readiness(), readiness()]);
      return looks.every(({ checks }) => !checks.database?.ok);
    });

    // One that nobody has asked for, of which nothing is known without the database.
    const [id] = queued as [string];
    const calls: Record<string, Promise<Answer>> = {
      submit: call(server, `/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: 'now?' } }),
      'submit under a key': call(server, `/v1/models/${TEXT_TO_IMAGE}`, {
        json: { prompt: 'now?' },
        headers: { 'idempotency-key': 'now' },
      }),
      status: call(server, `/v1/requests/${id}/status`),
      'held status': call(server, `/v1/requests/${id}/status?wait=30`),
      result: call(server, `/v1/requests/${id}/result`),
      cancel: call(server, `/v1/requests/${id}/cancel`, { method: 'POST' }),
      history: call(server, '/v1/requests'),
      usage: call(server, '/v1/usage'),
      account: call(server, '/v1/account'),
      upload: call(server, '/v1/files', {
        body: await drawPicture(),
        headers: { 'content-type': 'image/png' },
      }),
      file: call(server, new URL(output.image).pathname),
      'another key': call(server, '/v1/models', { key: 'dk_never_seen_before_0123456789' }),
    };
    for (const [name, answer] of Object.entries(calls)) {
      await timed(answer).then(expectUnavailable, (error) => {
        throw new Error(`${name}: ${error}`);
      });
    }
    // What was read before is still so: nothing can change it now.
    const known = await call(server, `/v1/requests/${before}/status`);
    expect(known).toMatchObject({ status: 200, body: { status: 'completed' } });
    const health = await call(server, '/health', { key: null });
    expect(health.status).toBe(200);
    expect(await readiness()).toMatchObject({
      status: 503,
      checks: { database: { ok: false }, files: { ok: true } },
    });

    // All images have come by now, and the worker holds them.
    await sleep(Math.max(0, 3500 - (performance.now() - goneAt)));
    await rename(`${control}.away`, control);
    const backAt = performance.now();
    await untilReady();
    expect(performance.now() - backAt).toBeLessThan(LONGEST_RECOVERY_MS);

    for (const one of running) expect((await resultOf(server, one)).output.images).toHaveLength(2);
    for (const one of queued) expect((await resultOf(server, one)).error.code).toBe('content_blocked');
    const made = await db.row(
      `select count(*)::int as rounds, max(attempts)::int as calls, min(state) as state,
              (select max(attempts)::int from requests where id = any($1)) as runs
         from rounds where request_id = any($1)`,
      [running],
    );
    expect(made).toEqual({ rounds: 8, calls: 1, state: 'done', runs: 1 });
    expect(await db.row('select queued, running from lanes')).toEqual({ queued: 0, running: 0 });
  });

  test('a kill under load costs callers seconds, and no request its end', { timeout: 90_000 }, async () => {
    const answers: (Answer & { ms: number })[] = [];
    let killedAt = 0;
    let restartedAt = 0;
    let backAt = 0;
    const send = async (): Promise<void> => {
      const sentAt = performance.now();
      const answer = await timed(
        call(server, `/v1/models/${TEXT_TO_IMAGE}`, { json: { prompt: 'load [[sandbox:blocked]]' } }),
      );
      answers.push(answer);
      expect([200, 503]).toContain(answer.status);
      if (answer.status === 503) await sleep(50);
      // Right after the kill some answers still come from connections that live a moment longer.
      else if (restartedAt > 0 && sentAt > restartedAt) backAt ||= performance.now();
    };
    const kill = async (): Promise<void> => {
      await untilReady();
      const killed = await killPostgres(dataDir);
      killedAt = performance.now();
      await eventually(() => restartedSince(dataDir, killed));
      restartedAt = performance.now();
    };
    let killing: Promise<void> | undefined;
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        while (backAt === 0) {
          if (answers.length > 100) killing ??= kill();
          await send();
        }
      }),
    );
    await killing;
    const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body.request_id);
    const others = answers.filter(({ status }) => status !== 200);
    expect(others.length).toBeGreaterThan(0);
    for (const answer of others) expectUnavailable(answer);
    for (const { ms } of answers) expect(ms).toBeLessThan(LONGEST_ANSWER_MS);
    expect(backAt - killedAt).toBeLessThan(LONGEST_RECOVERY_MS);

    // A claim whose answer was lost is found when its lease has ended.
    await eventually(async () => {
      const { ended } = await db.row('select count(*)::int as ended from usage where request_id = any($1)', [
        taken,
      ]);
      return ended === taken.length;
    });
    await eventually(async () => (await db.row('select queued + running as busy from lanes')).busy === 0);
    const { reserved } = await db.row('select sum(reserved)::int as reserved from spending');
    expect(reserved).toBe(0);
  });

  test('a lease that ran out meanwhile stays with the worker that still runs the request', {
    timeout: 30_000,
  }, async () => {
    const id = await submit(server, { prompt: 'takes longer [[sandbox:slow=7000]]', ...SMALL });
    await untilStarted(server, id);
    // In an outage longer than the lease nobody can renew it; as here, its holder is the first to come back.
    await db.rows("update requests set lease_until = now() + interval '1 millisecond' where id = $1", [id]);
    expect((await resultOf(server, id)).status).toBe('completed');
    expect(await db.row('select attempts from requests where id = $1', [id])).toEqual({ attempts: 1 });
  });
});

describe('while files cannot be stored', () => {
  test('uploads are answered 503, an output waits in memory and is stored when the disk is back', {
    timeout: 30_000,
  }, async () => {
    const before = await submit(server, { prompt: 'was there before', ...SMALL });
    const { output } = await resultOf(server, before);
    const picture = await drawPicture();
    const folder = join(dataDir, 'files', 'temporary');
    // Works for every user, unlike taking rights away: root writes all the same.
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'not a folder');
    let id: string;
    try {
      id = await submit(server, { prompt: 'has to wait', num_images: 2, ...SMALL });
      expect(await readiness()).toMatchObject({
        status: 503,
        checks: { database: { ok: true }, files: { ok: false } },
      });
      expectUnavailable(
        await timed(call(server, '/v1/files', { body: picture, headers: { 'content-type': 'image/png' } })),
      );
      expectUnavailable(
        await timed(
          call(server, `/v1/models/${EDIT}`, {
            json: {
              prompt: 'grayscale',
              image_urls: [`data:image/png;base64,${picture.toString('base64')}`],
            },
          }),
        ),
      );
      // Reading goes on.
      expect((await fetch(output.image)).status).toBe(200);
      // Both were made, and neither is anywhere but in memory.
      await eventually(async () => {
        const { pending } = await db.row(
          "select count(*)::int as pending from files where kind = 'output' and bytes is null",
        );
        return pending === 2;
      });
      expect((await call(server, `/v1/requests/${id}/status`)).body.progress.done).toBe(0);
    } finally {
      await rm(folder);
      await rename(`${folder}.away`, folder);
    }
    const result = await resultOf(server, id);
    expect(result.output.images).toHaveLength(2);
    for (const url of result.output.images) expect((await fetch(url)).status).toBe(200);
    expect(await db.rows('select attempts from rounds where request_id = $1', [id])).toEqual([
      { attempts: 1 },
      { attempts: 1 },
    ]);
    await untilReady();
  });

  test('files that cannot be read are answered 503, not as if they were gone', async () => {
    const id = await submit(server, { prompt: 'was there before', ...SMALL });
    const { output } = await resultOf(server, id);
    const folder = join(dataDir, 'files', 'objects');
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'not a folder');
    try {
      expectUnavailable(await timed(call(server, output.image)));
    } finally {
      await rm(folder);
      await rename(`${folder}.away`, folder);
    }
    expect((await fetch(output.image)).status).toBe(200);
  });
});
