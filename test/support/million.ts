/** A database as it is after very many requests: one large account, and many small ones. */
import type { Peek } from './database.ts';

/** What holds for these holds for a million, which `npm run test:million` shows in some minutes. */
export const REQUESTS = Number(process.env.TEST_REQUESTS ?? 200_000);
/** So many wait, all of one large account that has three in five of all requests. */
export const WAITING = REQUESTS / 10;
/** A pool that nobody serves, so that they go on waiting. */
export const WAITING_POOL = 'elsewhere';

const ACCOUNTS = 400;
const INPUT = `{"prompt":"A cinematic close-up portrait under neon lights in rainy Tokyo","num_images":1}`;

/** Fills the tables of a migrated database whose first account is the large one. */
export async function fillWithAMillion(peek: Peek): Promise<void> {
  const { account_id, key_id } = await peek.row(
    'select account_id, id as key_id from keys order by created_at limit 1',
  );
  // Checks of each row would take most of the time.
  const script = `
    set session_replication_role = replica; set synchronous_commit = off; set work_mem = '256MB'; set statement_timeout = 0;
    insert into accounts (id, name) select uuidv7(), 'account ' || n from generate_series(1, ${ACCOUNTS}) n;
    insert into keys (id, account_id, name, fingerprint, hash, hint, scopes)
      select uuidv7(), id, name, sha256(id::text::bytea), sha256(id::text::bytea), 'dk_', array['admin'] from accounts where name like 'account %';
    create temp table owners as
      select row_number() over (order by k.id) - 1 as number, k.account_id, k.id as key_id from keys k where k.account_id <> '${account_id}';
    create temp table made as
      select n, uuidv7(-(interval '1 second' * ((${REQUESTS} - n) * 2 + 3600))) as id,
             case when n % 5 < 3 then '${account_id}'::uuid else o.account_id end as account_id,
             case when n % 5 < 3 then '${key_id}'::uuid else o.key_id end as key_id,
             now() - interval '1 second' * ((${REQUESTS} - n) * 2 + 3600) as at,
             case when n % 5 = 0 and n <= ${5 * WAITING} then 'queued' when n % 997 = 0 then 'failed' when n % 499 = 0 then 'cancelled' else 'completed' end as state,
             (array['google/nano-banana-2/text-to-image', 'google/nano-banana-2/edit', 'openai/gpt-image-2/text-to-image'])[1 + n % 3] as model_id
        from generate_series(1, ${REQUESTS}) n
        join owners o on o.number = n % ${ACCOUNTS};
    insert into requests (id, account_id, key_id, place, seed, reserved, cost, created_at, version, rounds, done, sync_mode, state, model_id, pool, started_at, ended_at, input)
      select id, account_id, key_id, n, n, 0, 50000, at, 4, 1, (state = 'completed')::int, false, state, model_id,
             case when state = 'queued' then '${WAITING_POOL}' else 'sandbox' end,
             case when state <> 'queued' then at end, case when state <> 'queued' then at end, '${INPUT}'
        from made;
    insert into rounds (request_id, index, id, seed, state, attempts, backend, cost)
      select id, 0, id, n, 'done', 1, 'sandbox', 50000 from made where state = 'completed';
    insert into files (id, account_id, kind, request_id, round, ordinal, content_type, bytes, width, height, sha256, created_at)
      select 'f' || n, account_id, 'output', id, 0, 0, 'image/png', 1000000, 1024, 1024, 'x', at from made where state = 'completed';
    insert into files (id, account_id, kind, content_type, bytes, created_at)
      select 'u' || n, account_id, 'upload', 'image/png', 1000, at from made where n % 20 = 1;
    insert into usage (request_id, account_id, key_id, model_id, backend, outcome, outputs, cost, ended_at)
      select id, account_id, key_id, model_id, 'sandbox', state, 1, 50000, at from made where state <> 'queued' order by n;
    insert into usage_by_day
      select account_id, ended_at::date, key_id, model_id, count(*), count(*), 0, 0, sum(outputs), sum(cost) from usage group by 1, 2, 3, 4;
    insert into idempotency_keys (account_id, key, fingerprint, request_id, created_at)
      select account_id, 'key ' || n, sha256(n::text::bytea), id, now() from made where n % 5 = 2;
    insert into lanes (account_id, pool, queued, max_running, enqueued, departed) values ('${account_id}', '${WAITING_POOL}', ${WAITING}, 8, ${WAITING}, 0);
    insert into spending (owner_id, month, spent) select account_id, date_trunc('month', now())::date, 1000 from owners;
    insert into webhook_receivers (id, account_id, origin) select uuidv7(), account_id, 'https://receiver.example' from owners;
    insert into webhook_deliveries (id, account_id, receiver_id, request_id, seq, type, occurred_at, state, give_up_at, created_at, ended_at)
      select m.id, m.account_id, r.id, m.id, m.n, 'request.completed', m.at, 'delivered', m.at, m.at, m.at
        from made m join webhook_receivers r on r.account_id = m.account_id where m.state <> 'queued';
    insert into webhook_attempts (delivery_id, number, at, duration_ms, status) select id, 1, occurred_at, 5, 200 from webhook_deliveries;
    drop table made; drop table owners;`;
  // Made at the end, from what is there: a third of the time.
  const indexes = await peek.rows<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
       from pg_index i join pg_class c on c.oid = i.indrelid
      where c.relnamespace = 'public'::regnamespace and not i.indisprimary
        and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)`,
  );
  for (const { name } of indexes) await peek.script(`drop index ${name}`);
  await peek.script(script);
  await peek.script(
    `set maintenance_work_mem = '256MB'; set statement_timeout = 0; ${indexes.map(({ definition }) => definition).join(';')}`,
  );
  await peek.script('vacuum analyze');
}
