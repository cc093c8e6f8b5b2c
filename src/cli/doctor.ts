/** `darkroom doctor`: looks at everything a server needs and says what is wrong and what to do. */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadModels } from '../catalog/bundled.ts';
import type { LoadedConfig } from '../config/config.ts';
import { statement } from '../db/database.ts';
import { openDiskStore } from '../files/disk-store.ts';
import { countLiveWorkers } from '../requests/workers.ts';
import { withDatabase } from './with-database.ts';

const serverVersion = statement<{ version: string; durable: boolean }>(
  'server_version',
  `select current_setting('server_version') as version, current_setting('fsync') = 'on' and current_setting('synchronous_commit') <> 'off' as durable`,
);
// The counters are kept with every move; if they ever differ from the rows, something wrote behind our back.
const miscounted = statement<{ lanes: number }>(
  'count_miscounted_lanes',
  `select count(*) as lanes
     from lanes l
    cross join lateral (
      select count(*) filter (where r.state = 'queued') as queued, count(*) filter (where r.state = 'running') as running
        from requests r
       where r.account_id = l.account_id and r.pool = l.pool and r.state in ('queued', 'running')
    ) there
    where (l.queued, l.running) is distinct from (there.queued, there.running)`,
);

const LOW_SPACE_BYTES = 2 ** 30;

export function doctorCommand(program: Command, loadConfig: () => LoadedConfig): void {
  program
    .command('doctor')
    .description('look at everything a server needs')
    .action(async () => {
      const loaded = loadConfig();
      const { config, warnings } = loaded;
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
          await (await openDiskStore(join(config.dataDir, 'files'))).check();
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
