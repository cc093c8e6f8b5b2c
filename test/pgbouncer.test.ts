/** Connections shared by a pooler in transaction mode: nothing may count on having a session of its own. */
import { expect, test } from 'vitest';
import { openDatabase, statement } from '../src/db/database.ts';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom } from './support/command.ts';
import { missingProgram } from './support/debian-package.ts';
import { startPgbouncer } from './support/pgbouncer.ts';
import { spawnServer } from './support/server.ts';
import { startSharedPostgres } from './support/shared-postgres.ts';
import { silent } from './support/test-database.ts';

const missing = await missingProgram('pgbouncer');
if (missing) console.warn(`SKIPPED: what runs behind PgBouncer: ${missing}`);

test.skipIf(missing)(
  'everything works through PgBouncer in transaction mode',
  {
    timeout: 120_000,
  },
  async () => {
    await using shared = await startSharedPostgres();
    const [, host, port] = /host=([^&]+)&port=(\d+)/.exec(shared.databaseUrl)!;
    // Fewer connections than each process would open by itself.
    const pooled = await startPgbouncer(shared.dataDir, { host: host!, port: port! }, 3);
    const env = { DATABASE_URL: pooled, DATABASE_SESSION_URL: shared.databaseUrl };

    const direct = { ...env, DARKROOM_DATA_DIR: shared.dataDir };
    expect((await darkroom(['migrate'], { env: direct })).stdout).toMatch(/^Applied/);
    const servers = await Promise.all([
      spawnServer(shared.dataDir, env, ['api']),
      spawnServer(shared.dataDir, env, ['api']),
      spawnServer(shared.dataDir, env, ['worker']),
      spawnServer(shared.dataDir, env, ['worker']),
    ]);
    const [one, other] = servers;
    try {
      const ids = await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          submit(index % 2 ? one : other, { prompt: `${index} [[sandbox:slow=50,blocked]]` }),
        ),
      );
      const image = await submit(one, { prompt: 'a picture', resolution: '0.5K' });
      const startedAt = performance.now();
      const held = await call(other, `/v1/requests/${image}/status?wait=30`);
      expect(held.status).toBe(200);
      const results = await Promise.all(ids.map((id, index) => resultOf(index % 2 ? other : one, id)));
      for (const { error } of results) expect(error.code).toBe('content_blocked');
      const done = await resultOf(other, image);
      expect(done.status).toBe('completed');
      // As the contract has them: the session's time zone came from the role.
      expect(done.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
      expect(Math.abs(Date.parse(done.created_at) - Date.now())).toBeLessThan(60_000);
      // Woken by what the other processes tell, not by looking again from time to time.
      expect(performance.now() - startedAt).toBeLessThan(20_000);

      await using db = openDatabase(
        { connectionString: pooled, sessionConnectionString: shared.databaseUrl },
        { maxConnections: 2, log: silent },
      );
      expect(
        await db.row(
          statement<{ jit: string; zone: string; longest: string }>(
            'settings',
            `select current_setting('jit') as jit, current_setting('timezone') as zone, current_setting('statement_timeout') as longest`,
          ),
        ),
      ).toEqual({ jit: 'off', zone: 'UTC', longest: '15s' });
    } finally {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    }
    for (const server of servers) expect(await server.exited).toBe(0);
  },
);
