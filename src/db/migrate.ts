/** Brings a database to this version's schema: numbered files, forward only, each in a transaction, under a lock. */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { type ConnectionTarget, clientOptions } from './database.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
/** Any number, the same in every Darkroom: two that start at once migrate one after the other. */
const LOCK = 727_001;

/** @throws when the database was migrated by a newer Darkroom. */
export async function migrate(target: ConnectionTarget, log: Logger): Promise<void> {
  const client = new pg.Client(clientOptions(target, 'darkroom migrate'));
  // A connection that breaks fails the statement under way; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('set statement_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const applied = new Set(
      (await client.query<{ name: string }>('select name from migrations')).rows.map(({ name }) => name),
    );
    const known = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
    const newer = [...applied].filter((name) => !known.includes(name));
    if (newer.length > 0) {
      throw new Error(
        `This database belongs to a newer Darkroom (it has ${newer.join(', ')}). Start that version, or restore a backup.`,
      );
    }
    for (const name of known.filter((name) => !applied.has(name))) {
      const text = await readFile(new URL(name, MIGRATIONS), 'utf8');
      await client.query('begin');
      await client.query(text);
      await client.query('insert into migrations (name) values ($1)', [name]);
      await client.query('commit');
      log.debug({ migration: name }, 'migrated');
    }
  } finally {
    // Ends the transaction that failed, if one did, and gives the lock back.
    await client.end();
  }
}
