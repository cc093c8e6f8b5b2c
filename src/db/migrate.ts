/** Brings a database to this version's schema: numbered files, forward only, each in a transaction unless it says otherwise, under a lock. */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { type ConnectionTarget, clientOptions, SESSION_SETTINGS, sessionTarget } from './connection.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
/** Any number, the same in every Darkroom: two that start at once migrate one after the other. */
const LOCK = 727_001;

/** The database is of another version than this program. */
class SchemaError extends Error {
  override name = 'SchemaError';
}

/**
 * @returns the names of the migrations that were applied.
 * @throws when the database was migrated by a newer Darkroom.
 */
export async function migrate(target: ConnectionTarget, log: Logger): Promise<string[]> {
  const client = new pg.Client(clientOptions(sessionTarget(target), 'darkroom migrate'));
  // A connection that breaks fails the statement under way; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    await takeTurn(client);
    await client.query(
      'create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())',
    );
    const missing = await missingMigrations(client);
    for (const name of missing) {
      await apply(client, name, log);
      log.debug({ migration: name }, 'migrated');
    }
    if ('sessionConnectionString' in target) await keepSettings(client);
    return missing;
  } finally {
    // Ends the transaction that failed, if one did, and gives the lock back.
    await client.end();
  }
}

/** Asked for again and again: whoever waited in the database would be waited for by an index that is made concurrently. */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK]);
    if (rows[0]!.mine) return;
    await sleep(ASK_AGAIN_AFTER_MS);
  }
}

/** Everybody who wants a table queues up behind the one who waits to change it: so it waits for a moment only, and comes again. */
const LOCK_WAIT_MS = 2000;
const COME_AGAIN_AFTER_MS = 500;
const ASK_AGAIN_AFTER_MS = 50;
/** How a file begins that is not one transaction. */
const IN_STEPS = '-- Not in one transaction';
const LOCK_NOT_AVAILABLE = '55P03';

async function apply(client: pg.Client, name: string, log: Logger): Promise<void> {
  const text = await readFile(new URL(name, MIGRATIONS), 'utf8');
  if (text.startsWith(IN_STEPS)) {
    // Whoever was stopped in the middle begins again: such a file says nothing that cannot be repeated.
    for (const step of text.split(/;\n/).filter((part) => part.trim() !== '')) await client.query(step);
    await client.query('insert into migrations (name) values ($1)', [name]);
    return;
  }
  for (;;) {
    try {
      await client.query(`begin; set local lock_timeout = ${LOCK_WAIT_MS}`);
      await client.query(text);
      await client.query('insert into migrations (name) values ($1)', [name]);
      await client.query('commit');
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      await client.query('rollback');
      log.info({ migration: name }, 'a migration waits for a table that others are using');
      await sleep(COME_AGAIN_AFTER_MS);
    }
  }
}

/** For a process that leaves migrating to another. @throws when the database is not of this version. */
export async function requireSchema(target: ConnectionTarget): Promise<void> {
  const client = new pg.Client(clientOptions(sessionTarget(target), 'darkroom start'));
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ there: boolean }>(
      `select to_regclass('migrations') is not null as there`,
    );
    const missing = rows[0]!.there ? await missingMigrations(client) : ['all of it'];
    if (missing.length > 0)
      throw new SchemaError(
        `This database lacks what this Darkroom needs (${missing.join(', ')}). Run \`darkroom migrate\` once, then start again.`,
      );
  } finally {
    await client.end();
  }
}

async function missingMigrations(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>('select name from migrations');
  const applied = new Set(rows.map(({ name }) => name));
  const known = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  const newer = [...applied].filter((name) => !known.includes(name));
  if (newer.length > 0)
    throw new SchemaError(
      `This database belongs to a newer Darkroom (it has ${newer.join(', ')}). Start that version, or restore a backup.`,
    );
  return known.filter((name) => !applied.has(name));
}

/** Behind a pooler no connection can bring its settings: the role gets them, in this database only. */
async function keepSettings(client: pg.Client): Promise<void> {
  for (const [name, value] of Object.entries(SESSION_SETTINGS))
    await client.query(
      `do $$ begin execute format('alter role %I in database %I set ${name} = %L', current_user, current_database(), '${value}'); end $$`,
    );
}
