/**
 * A copy of a cluster whose server runs, as pg_basebackup makes one: that program does not come with the embedded server. What is copied
 * changes meanwhile; the log from the moment it began makes it whole when a server starts on it.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { copyFileDurably, copyFolder, ownAlike } from '../../lib/copy-folder.ts';
import type { SocketConnection } from './probe.ts';

/** Of a server that runs, or that it makes anew; the folders themselves have to be there. */
const EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
const LEFT_OUT = /^(postmaster\.(pid|opts)|\.s\.PGSQL\..*|pgsql_tmp.*)$/;

/** @param to a folder that is not there. @returns bytes copied. */
export async function copyRunningCluster(connection: SocketConnection, to: string): Promise<number> {
  // A session of its own, without limits in time: it is what keeps the log until its end.
  const client = new pg.Client({ ...connection, application_name: 'darkroom backup' });
  await client.connect();
  const ask = async (statement: string, values: unknown[] = []): Promise<Record<string, string>> =>
    (await client.query(statement, values)).rows[0];
  try {
    const { data_directory: from } = await ask('show data_directory');
    await ask(
      `select pg_create_physical_replication_slot('darkroom_backup_' || pg_backend_pid(), true, true)`,
    );
    await ask(`select pg_backup_start('darkroom', true)`);
    let bytes = await copyFolder(from!, to, ({ name, folder }) => !EMPTY.has(folder) && !LEFT_OUT.test(name));
    const { label, first, last } = await ask(
      `select labelfile as label, substring(labelfile from 'file ([0-9A-F]{24})') as first, pg_walfile_name(lsn) as last
         from pg_backup_stop(false)`,
    );
    for (const name of await readdir(join(from!, 'pg_wal')))
      if (/^[0-9A-F]{24}$/.test(name) ? name >= first! && name <= last! : name.endsWith('.history'))
        bytes += await copyFileDurably(join(from!, 'pg_wal', name), join(to, 'pg_wal', name));
    // With this it is a backup; without, a server would take it for a cluster that had crashed, and start on half of it.
    const labelFile = join(to, 'backup_label');
    await writeFile(labelFile, label!, { mode: 0o600, flush: true });
    await ownAlike(from!, labelFile);
    return bytes;
  } finally {
    await client.end();
  }
}
