/** Accounts own keys, requests and files. A fresh database gets one, with one key that may do everything. */
import { type Database, type Queryable, statement } from '../db/database.ts';
import { uuidv7 } from '../lib/ids.ts';
import { createKey } from './keys.ts';

export interface AccountRow {
  id: string;
  name: string;
  /** Whose admin keys may see and change the whole system. */
  operator: boolean;
  max_running: number | null;
  max_queued: number | null;
  monthly_budget: number | null;
  created_at: string;
  spent_this_month: number;
  queued: number;
  running: number;
}

// The first of a database is its operator's, by the name that the first start gives it: one that was made for somebody
// else before that start is not.
const insertAccount = statement<{ id: string }>(
  'insert_account',
  `insert into accounts (id, name, max_running, max_queued, monthly_budget, operator)
   values ($1, $2, $3, $4, $5, $2 = 'default' and not exists (select from accounts))
   returning id`,
);
const anyAccount = statement<{ id: string; name: string }>(
  'any_account',
  'select id, name from accounts order by id limit 1',
);
const accountByName = statement<{ id: string }>(
  'account_by_name',
  'select id from accounts where name = $1 or id::text = $1 order by id limit 1',
);
const WITH_USE = `select a.id, a.name, a.operator, a.max_running, a.max_queued, a.monthly_budget, a.created_at,
          coalesce(s.reserved + s.spent, 0) as spent_this_month,
          coalesce(l.queued, 0) as queued, coalesce(l.running, 0) as running
     from accounts a
     left join spending s on s.owner_id = a.id and s.month = date_trunc('month', now())::date
     left join lateral (select sum(queued)::int as queued, sum(running)::int as running from lanes where account_id = a.id) l on true`;
const selectAccount = statement<AccountRow>('get_account', `${WITH_USE} where a.id = $1`);
const selectAccounts = statement<AccountRow>('list_accounts', `${WITH_USE} order by a.id`);
const selectPage = statement<AccountRow>(
  'page_of_accounts',
  `${WITH_USE}
    where ($1::uuid is null or a.id > $1) and ($2::text is null or strpos(lower(a.name), lower($2)) > 0 or a.id::text = $2)
    order by a.id
    limit $3`,
);
const countAll = statement<{ accounts: number; spent: number }>(
  'count_accounts',
  `select (select count(*) from accounts) as accounts,
          coalesce(sum(s.reserved + s.spent), 0)::bigint as spent
     from spending s join accounts a on a.id = s.owner_id
    where s.month = date_trunc('month', now())::date`,
);
// What is not among the fields of the change stays, so that two changes at once lose nothing.
const updateAccount = statement<{ id: string }>(
  'change_account',
  `update accounts a
      set name = case when c ? 'name' then c ->> 'name' else a.name end,
          operator = case when c ? 'operator' then (c ->> 'operator')::boolean else a.operator end,
          max_running = case when c ? 'max_running' then (c ->> 'max_running')::int else a.max_running end,
          max_queued = case when c ? 'max_queued' then (c ->> 'max_queued')::int else a.max_queued end,
          monthly_budget = case when c ? 'monthly_budget' then (c ->> 'monthly_budget')::bigint else a.monthly_budget end
     from (select $2::jsonb as c) change
    where a.id = $1
   returning a.id`,
);
// What a lane was given at the account's last submit holds for what waits in it now.
const updateLanes = statement<never>(
  'set_lane_limits',
  'update lanes set max_running = $2 where account_id = $1',
);
const lockNames = statement<never>('lock_account_names', 'select pg_advisory_xact_lock(727004)');
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

export interface AccountPage {
  /** Part of the name, or an id. */
  search: string | undefined;
  /** The last id of the page before. */
  after: string | undefined;
  limit: number;
}

/** In the order they were made. @returns one more than asked for, where there are more. */
export const pageOfAccounts = (db: Queryable, page: AccountPage): Promise<AccountRow[]> =>
  db.rows(selectPage, [page.after ?? null, page.search ?? null, page.limit + 1]);

/** How many there are, and what they spent this month together, in millionths of a USD. */
export const totalOfAccounts = async (db: Queryable): Promise<{ accounts: number; spent: number }> =>
  (await db.row(countAll))!;

export type AccountChange = Partial<
  Pick<AccountRow, 'name' | 'operator' | 'max_running' | 'max_queued' | 'monthly_budget'>
>;

/**
 * Changes what is given; null takes a limit away, or back to the configured default.
 * @returns whether there is such an account, or `'taken'` when another has the name already.
 */
export function changeAccount(
  db: Database,
  accountId: string,
  change: AccountChange,
  defaultMaxRunning: number,
): Promise<boolean | 'taken'> {
  return db.transaction(async (tx) => {
    if (change.name !== undefined && (await isTaken(tx, change.name, accountId))) return 'taken';
    if (!(await tx.row(updateAccount, [accountId, JSON.stringify(change)]))) return false;
    if (change.max_running !== undefined)
      await tx.rows(updateLanes, [accountId, change.max_running ?? defaultMaxRunning]);
    return true;
  });
}

/** Makes one that no other has the name of. @returns its id; undefined when the name is taken. */
export function createNamedAccount(db: Database, account: NewAccount): Promise<string | undefined> {
  return db.transaction(async (tx) =>
    (await isTaken(tx, account.name)) ? undefined : createAccount(tx, account),
  );
}

/** Names come one after the other: of two that want the same, the second sees the first. */
async function isTaken(tx: Queryable, name: string, exceptId?: string): Promise<boolean> {
  await tx.rows(lockNames);
  const holder = await findAccount(tx, name);
  return holder !== undefined && holder !== exceptId;
}

const selectOperator = statement<{ id: string }>(
  'first_operator',
  'select id from accounts where operator order by id limit 1',
);

/** The first account of whoever runs this Darkroom. */
export const findOperator = async (db: Queryable): Promise<string | undefined> =>
  (await db.row(selectOperator))?.id;

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
