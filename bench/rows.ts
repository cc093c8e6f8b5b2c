/** Fills a running server's database with requests, past the API: the reads are what is measured. */
import { pino } from 'pino';
import { type Database, openDatabase, statement } from '../src/db/database.ts';
import { startEmbeddedPostgres } from '../src/db/embedded/embedded.ts';
import { uuidv7 } from '../src/lib/ids.ts';

const log = pino({ level: 'warn' });

const firstKey = statement<{ account_id: string; key_id: string }>(
  'first_key',
  'select account_id, id as key_id from keys limit 1',
);
const insert = statement<never>(
  'bench_insert',
  `insert into requests (id, account_id, key_id, model_id, pool, place, state, input, sync_mode, seed, rounds, done, reserved, started_at, ended_at, version)
   select t.id, $2, $3, $6, $7, t.place + $5, $4,
          '{"prompt":"A cinematic close-up portrait under neon lights in rainy Tokyo","num_images":1,"aspect_ratio":"auto","resolution":"1K","output_format":"png","safety_tolerance":4,"limit_generations":true,"enable_web_search":false}',
          false, 42, 1, case when $4 = 'completed' then 1 else 0 end, 0,
          case when $4 = 'completed' then now() end, case when $4 = 'completed' then now() end, 4
     from unnest($1::uuid[]) with ordinality as t (id, place)`,
);
const joinLane = statement<{ enqueued: number }>(
  'bench_lane',
  `insert into lanes as l (account_id, pool, max_running, queued, enqueued, departed) values ($1, $4, 8, $2::int, $3::bigint, $3::bigint - $2::int)
   on conflict (account_id, pool) do update set queued = l.queued + excluded.queued, enqueued = l.enqueued + excluded.enqueued, departed = l.departed + excluded.departed
   returning enqueued`,
);

/** What the built-in backend would run. */
const SANDBOX = { modelId: 'google/nano-banana-2/text-to-image', pool: 'sandbox' };
/** Rows that one statement inserts within its time. */
const CHUNK = 100_000;

/** @returns the ids, oldest first. */
export async function fillWithRequests(
  dataDir: string,
  count: number,
  state: 'completed' | 'queued',
  { modelId, pool } = SANDBOX,
): Promise<string[]> {
  return withDatabaseOf(dataDir, async (db) => {
    const { account_id, key_id } = (await db.row(firstKey))!;
    const ids = Array.from({ length: count }, () => uuidv7());
    for (let at = 0; at < count; at += CHUNK) {
      const some = ids.slice(at, at + CHUNK);
      const waiting = state === 'queued' ? some.length : 0;
      const { enqueued } = (await db.row(joinLane, [account_id, waiting, some.length, pool]))!;
      await db.rows(insert, [some, account_id, key_id, state, enqueued - some.length, modelId, pool]);
    }
    for (const settle of ['vacuum analyze requests', 'vacuum analyze lanes', 'checkpoint'])
      await db.script(settle);
    return ids;
  });
}

/** On a connection beside those of the running server. */
export async function withDatabaseOf<Result>(
  dataDir: string,
  work: (db: Database) => Promise<Result>,
): Promise<Result> {
  const server = await startEmbeddedPostgres({ dataDir, log });
  const db = openDatabase(server.connection, { maxConnections: 1, log });
  try {
    return await work(db);
  } finally {
    await db.close();
    server.detach();
  }
}
