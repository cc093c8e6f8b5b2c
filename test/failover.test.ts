/** The database fails over to its standby: what was acknowledged is there, what was made is kept, and all goes on by itself. */
import { describe, test } from 'vitest';
import { startTcpProxy } from './chaos/tcp-proxy.ts';
import { call, resultOf, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { eventually } from './support/database.ts';
import { type OwnPostgres, startReplicatedPostgres } from './support/own-postgres.ts';
import { startTestServer } from './support/server.ts';

const LONGEST_ANSWER_MS = 25_000;
const LONGEST_RECOVERY_MS = 40_000;

describe.concurrent('a failover', () => {
  for (const [title, end] of [
    ['from a server that was killed', (primary: OwnPostgres) => primary.kill()],
    // As when its machine is gone: connections are not broken, they say nothing any more.
    ['from a server that fell silent', async (primary: OwnPostgres) => primary.suspend()],
  ] as const) {
    test(`${title} loses nothing that was acknowledged, and is answered 503 meanwhile`, {
      timeout: 90_000,
    }, async ({ expect }) => {
      await using postgres = await startReplicatedPostgres();
      const { primary, standby } = postgres;
      await using proxy = await startTcpProxy(primary.socket);
      const databaseUrl = `postgresql://darkroom@127.0.0.1:${proxy.port}/darkroom`;
      await using server = await startTestServer({ DATABASE_URL: databaseUrl });

      const running = await submit(server, {
        prompt: 'comes meanwhile [[sandbox:slow=3000]]',
        num_images: 2,
        resolution: '0.5K',
        output_format: 'jpeg',
      });
      await eventually(async () => {
        const rows = await primary.peek.rows('select 1 from rounds where request_id = $1', [running]);
        return rows.length === 2;
      });

      const taken: string[] = [];
      const refused: { status: number; retryAfter: string | null; ms: number }[] = [];
      let load = true;
      const loading = Array.from({ length: 4 }, async () => {
        while (load) {
          const sentAt = performance.now();
          const answer = await call(server, `/v1/models/${TEXT_TO_IMAGE}`, {
            json: { prompt: 'load [[sandbox:blocked]]' },
          });
          const ms = performance.now() - sentAt;
          if (answer.status === 200) taken.push(answer.body.request_id);
          else {
            refused.push({ status: answer.status, retryAfter: answer.headers.get('retry-after'), ms });
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      });
      await eventually(() => taken.length > 50);

      const [known] = taken as [string];
      await end(primary);
      const failedAt = performance.now();
      proxy.target = standby.socket;
      // It answers by now, but is no more than a standby: it could say that it has never heard of a request.
      await eventually(() => refused.length > 0);
      const early = await call(server, `/v1/requests/${known}/status`);
      expect({ status: early.status, code: early.body.error_code }).toEqual({ status: 503, code: 503001 });
      await standby.peek.rows('select pg_promote()');

      const before = taken.length;
      await eventually(() => taken.length > before + 20);
      expect(performance.now() - failedAt).toBeLessThan(LONGEST_RECOVERY_MS);
      load = false;
      await Promise.all(loading);
      for (const { status, retryAfter, ms } of refused) {
        expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '2' });
        expect(ms).toBeLessThan(LONGEST_ANSWER_MS);
      }

      for (const id of taken) expect((await resultOf(server, id)).error.code).toBe('content_blocked');
      // Both were made while there was no database, and neither was made again.
      expect((await resultOf(server, running)).output.images).toHaveLength(2);
      const calls = 'select attempts from rounds where request_id = $1';
      expect(await standby.peek.rows(calls, [running])).toEqual([{ attempts: 1 }, { attempts: 1 }]);
      expect(
        await standby.peek.rows('select sum(queued)::int as queued, sum(running)::int as running from lanes'),
      ).toEqual([{ queued: 0, running: 0 }]);
    });
  }
});
