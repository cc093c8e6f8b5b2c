/** `darkroom doctor`: looks at everything a server needs and says what is wrong and what to do. */
import { statfs } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadModels } from '../catalog/bundled.ts';
import { openStore } from '../configure-store.ts';
import { statement } from '../db/database.ts';
import { countLiveWorkers } from '../requests/workers.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

const serverVersion = statement<{ version: string; durable: boolean; vacuumed: boolean }>(
  'server_version',
  `select current_setting('server_version') as version, current_setting('autovacuum') = 'on' as vacuumed,
          current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off' as durable`,
);
// The counters are kept with every move; if they ever differ from the rows, something wrote behind our back. Counted by the
// indexes of what waits and what runs: of all that an account ever had, it would take too long.
const miscounted = statement<{ lanes: number }>(
  'count_miscounted_lanes',
  `with waiting as (
     select account_id, pool, count(*) as queued from requests where state = 'queued' group by account_id, pool
   ), run as (
     select account_id, pool, count(*) as running from requests where state = 'running' group by account_id, pool
   )
   select count(*) as lanes
     from lanes l
     left join waiting w using (account_id, pool)
     left join run r using (account_id, pool)
    where (l.queued, l.running) is distinct from (coalesce(w.queued, 0), coalesce(r.running, 0))`,
);

const LOW_SPACE_BYTES = 2 ** 30;
const STORE_TIMEOUT_MS = 15_000;

export function doctorCommand(command: Command): void {
  command.action(async () => {
    const loaded = loadConfig();
    const { config, secrets, warnings } = loaded;
    const problems = [
      await look('configuration', async () =>
        warnings.length > 0 ? `ok, but: ${warnings.join('; ')}` : 'ok',
      ),
      await look(
        'runtime',
        async () => `Node ${process.versions.node} on ${process.platform} ${process.arch}`,
      ),
      await look(
        'models',
        async () => `${(await loadModels(config.modelsDir)).models.length} in the catalogue`,
      ),
      await look('files', async () => {
        await using store = await openStore(config, secrets);
        await store.check(AbortSignal.timeout(STORE_TIMEOUT_MS));
        if (config.s3Bucket !== undefined) return `${store.description} can be written and read`;
        const { bavail, bsize } = await statfs(config.dataDir);
        const free = bavail * bsize;
        if (free < LOW_SPACE_BYTES)
          throw new Error(`only ${Math.round(free / 2 ** 20)} MiB are free in ${config.dataDir}`);
        return `${config.dataDir} can be written, ${Math.round(free / 2 ** 30)} GiB free`;
      }),
      await look('database', () =>
        withDatabase(loaded, async (db) => {
          const server = (await db.row(serverVersion))!;
          if (!server.durable)
            throw new Error('fsync or synchronous_commit is off: acknowledged requests can be lost');
          if (!server.vacuumed) throw new Error('autovacuum is off: the tables grow without end');
          const { lanes } = (await db.row(miscounted))!;
          if (lanes > 0)
            throw new Error(
              `${lanes} lanes have counters that differ from their requests; if it stays so while nothing runs, report it`,
            );
          return `PostgreSQL ${server.version}, ${await countLiveWorkers(db)} live workers`;
        }),
      ),
    ].filter((fine) => !fine).length;
    if (problems > 0) process.exitCode = 1;
  });
}

async function look(subject: string, work: () => Promise<string>): Promise<boolean> {
  try {
    process.stdout.write(`✓ ${subject.padEnd(14)} ${await work()}\n`);
    return true;
  } catch (error) {
    process.stdout.write(`✗ ${subject.padEnd(14)} ${(error as Error).message}\n`);
    return false;
  }
}
