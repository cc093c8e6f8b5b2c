/** Accounts own keys, requests and files. A fresh database gets one, with one key that may do everything. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import { createKey } from './keys.ts';

export interface AccountRow {
  id: string;
  name: string;
  max_running: number | null;
  max_queued: number | null;
  monthly_budget: number | null;
  created_at: string;
  spent_this_month: number;
  queued: number;
  running: number;
}

const insertAccount = statement<{ id: string }>(
  'insert_account',
  `insert into accounts (id, name, max_running, max_queued, monthly_budget) values ($1, $2, $3, $4, $5) returning id`,
);
const anyAccount = statement<{ id: string; name: string }>(
  'any_account',
  'select id, name from accounts order by id limit 1',
);
const accountByName = statement<{ id: string }>(
  'account_by_name',
  'select id from accounts where name = $1 or id::text = $1 order by id limit 1',
);
const WITH_USE = `select a.id, a.name, a.max_running, a.max_queued, a.monthly_budget, a.created_at,
          coalesce(s.reserved + s.spent, 0) as spent_this_month,
          coalesce(l.queued, 0) as queued, coalesce(l.running, 0) as running
     from accounts a
     left join spending s on s.owner_id = a.id and s.month = date_trunc('month', now())::date
     left join lateral (select sum(queued)::int as queued, sum(running)::int as running from lanes where account_id = a.id) l on true`;
const selectAccount = statement<AccountRow>('get_account', `${WITH_USE} where a.id = $1`);
const selectAccounts = statement<AccountRow>('list_accounts', `${WITH_USE} order by a.id`);
const updateLimits = statement<never>(
  'set_account_limits',
  'update accounts set max_running = $2, max_queued = $3, monthly_budget = $4 where id = $1',
);
// What a lane was given at the account's last submit holds for what waits in it now.
const updateLanes = statement<never>(
  'set_lane_limits',
  'update lanes set max_running = $2::int where account_id = $1 and $2::int is not null',
);
const lockFirstStart = statement<never>('lock_first_start', 'select pg_advisory_xact_lock(727003)');

export interface NewAccount {
  name: string;
  maxRunning?: number;
  maxQueued?: number;
  monthlyBudget?: number;
}

/** @returns the new account's id. */
export async function createAccount(db: Queryable, account: NewAccount): Promise<string> {
  const id = uuidv7();
  await db.row(insertAccount, [
    id,
    account.name,
    account.maxRunning ?? null,
    account.maxQueued ?? null,
    account.monthlyBudget ?? null,
  ]);
  return id;
}

export const getAccount = (db: Queryable, id: string): Promise<AccountRow | undefined> =>
  db.row(selectAccount, [id]);

export const listAccounts = (db: Queryable): Promise<AccountRow[]> => db.rows(selectAccounts);

export type AccountLimits = Pick<AccountRow, 'max_running' | 'max_queued' | 'monthly_budget'>;

/** Changes those that are given; null takes a limit away, or back to the configured default. */
export async function setLimits(
  db: Queryable,
  accountId: string,
  change: Partial<AccountLimits>,
): Promise<void> {
  const current = await getAccount(db, accountId);
  if (!current) return;
  const next = { ...current, ...change };
  await db.rows(updateLimits, [accountId, next.max_running, next.max_queued, next.monthly_budget]);
  await db.rows(updateLanes, [accountId, next.max_running]);
}

/** By name or id. */
export const findAccount = async (db: Queryable, nameOrId: string): Promise<string | undefined> =>
  (await db.row(accountByName, [nameOrId]))?.id;

/**
 * At the first start of a database: the account `default` and its first key.
 * @returns the key's secret, to be shown this once; undefined when there is an account already.
 */
export function ensureFirstKey(db: Database, givenSecret: string | undefined): Promise<string | undefined> {
  return db.transaction(async (tx) => {
    await tx.rows(lockFirstStart);
    if (await tx.row(anyAccount)) return undefined;
    const accountId = await createAccount(tx, { name: 'default' });
    const { secret } = await createKey(tx, {
      accountId,
      name: 'first key',
      scopes: ['admin'],
      ...(givenSecret && { secret: givenSecret }),
    });
    return secret;
  });
}
