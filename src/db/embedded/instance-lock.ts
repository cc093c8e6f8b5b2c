/**
 * A data folder belongs to one Darkroom: its holder keeps an advisory lock on a connection of its own, so that the lock
 * ends with the process however that dies, and the holder's name is the connection's.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { EmbeddedPostgresError } from './embedded-error.ts';

/** Two numbers of our own, "dark" and "room" in ASCII. */
const LOCK = [0x6461726b, 0x726f6f6d] as const;
/** A command line call may hold it for an instant. */
const HELD_FOR_MS = 2000;
/** The server may be restarting under us. */
const UNREACHABLE_FOR_MS = 10_000;
const TRY_EVERY_MS = 100;
const LONGEST_PAUSE_MS = 5000;

const HOLDER = `
  select activity.application_name as holder
  from pg_locks as lock
  join pg_stat_activity as activity on activity.pid = lock.pid
  where lock.locktype = 'advisory'
    and lock.granted
    and lock.classid = $1
    and lock.objid = $2
    and lock.objsubid = 2
    and lock.database = (select oid from pg_database where datname = current_database())
`;

export interface InstanceLock extends AsyncDisposable {
  /** Changes what others are told about the holder, as when the address is known. */
  describe(description: string): Promise<void>;
  release(): Promise<void>;
}

/** Somebody else has the data folder. */
export class DataFolderInUse extends EmbeddedPostgresError {
  override name = 'DataFolderInUse';

  constructor(holder: string) {
    super(
      `another Darkroom (${holder}) is using this data folder: stop it, or set DARKROOM_DATA_DIR to another folder`,
    );
  }
}

/**
 * Takes the lock of the database's data folder, or throws naming its holder. If its connection drops, because the
 * server was restarted, it is taken again.
 * @param description of the holder beside its process id, such as its address; with that at most 63 bytes
 * @throws {DataFolderInUse}
 */
export async function acquireInstanceLock(
  connection: pg.ClientConfig,
  description: string,
  log: Logger,
): Promise<InstanceLock> {
  const released = new AbortController();
  let name = nameOf(description);
  let client = await takeLock(() => openNamed(connection, name), released.signal);
  client.once('end', onDropped);

  function onDropped(): void {
    if (released.signal.aborted) return;
    log.warn('the connection that holds the data folder dropped; taking it again');
    takeAgain().catch((error: unknown) => {
      if (!released.signal.aborted) log.error({ err: error }, 'the data folder could not be taken again');
    });
  }

  async function takeAgain(): Promise<void> {
    for (let pauseMs = TRY_EVERY_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      released.signal.throwIfAborted();
      try {
        const next = await takeLock(() => openNamed(connection, name), released.signal);
        if (released.signal.aborted) return await close(next);
        client = next;
        client.once('end', onDropped);
        log.info('the data folder is held again');
        return;
      } catch (error) {
        released.signal.throwIfAborted();
        log.error({ err: error }, 'the data folder is not held; trying again');
      }
      await delay(pauseMs, undefined, { signal: released.signal });
    }
  }

  const release = async (): Promise<void> => {
    released.abort();
    await close(client);
  };
  return {
    describe: async (changed) => {
      name = nameOf(changed);
      // A dropped connection takes the new name when it comes back.
      await client.query("select set_config('application_name', $1, false)", [name]).catch(() => {});
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

/** Whether no Darkroom holds the data folder now: whoever started the server for itself alone may stop it. */
export async function isInstanceLockFree(connection: pg.ClientConfig): Promise<boolean> {
  const client = await openNamed(connection, 'darkroom');
  try {
    return (await readHolder(client)) === undefined;
  } finally {
    await close(client);
  }
}

async function takeLock(open: () => Promise<pg.Client>, signal: AbortSignal): Promise<pg.Client> {
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  for (;;) {
    let client: pg.Client | undefined;
    try {
      client = await open();
      while (!(await tryLock(client))) {
        const holder = await readHolder(client);
        if (elapsedMs() > HELD_FOR_MS) throw new DataFolderInUse(holder ?? 'just started');
        await delay(TRY_EVERY_MS, undefined, { signal });
      }
      return client;
    } catch (error) {
      if (client) await close(client);
      if (signal.aborted || error instanceof DataFolderInUse || elapsedMs() > UNREACHABLE_FOR_MS) throw error;
      await delay(TRY_EVERY_MS, undefined, { signal });
    }
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', [
    ...LOCK,
  ]);
  return rows[0]?.taken === true;
}

async function readHolder(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ holder: string }>(HOLDER, [...LOCK]);
  return rows[0]?.holder;
}

async function openNamed(connection: pg.ClientConfig, name: string): Promise<pg.Client> {
  const client = new pg.Client({ ...connection, application_name: name, connectionTimeoutMillis: 5000 });
  // Without a listener a dropped connection would end the process; `end` follows, and that is what we act on.
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    await close(client);
    throw error;
  }
}

async function close(client: pg.Client): Promise<void> {
  await client.end().catch(() => {});
}

function nameOf(description: string): string {
  return description === '' ? `process ${process.pid}` : `process ${process.pid}, ${description}`;
}
