/** Keys on the database itself, of all accounts. */
import { createAccount, findAccount } from '../accounts/accounts.ts';
import { createKey, findAnyKeys, listAllKeys, revokeKey } from '../accounts/keys.ts';
import type { Database } from '../db/database.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import { printJson } from './caller/call.ts';
import { loadConfig } from './load-config.ts';
import type { CreateKeyOptions } from './options.ts';
import { type ShownKey, showKeys, theOne } from './shown-keys.ts';
import { tellServers } from './tell-servers.ts';
import { withDatabase } from './with-database.ts';

export const createLocalKey = (options: CreateKeyOptions): Promise<void> =>
  withDatabase(loadConfig(), (db) => create(db, options));

async function create(db: Database, options: CreateKeyOptions): Promise<void> {
  const account = options.account ?? 'default';
  const accountId = (await findAccount(db, account)) ?? (await createAccount(db, { name: account }));
  const { row, secret } = await createKey(db, {
    accountId,
    name: options.name,
    scopes: options.scopes,
    monthlyBudget: options.budget === undefined ? null : toMicroUsd(options.budget),
    requestsPerMinute: options.ratePerMinute ?? null,
    expiresAt: options.expires ?? null,
  });
  if (options.json) printJson({ id: row.id, key: secret });
  else process.stdout.write(`${secret}\n`);
}

export const listLocalKeys = (options: { json?: boolean }): Promise<void> =>
  withDatabase(loadConfig(), async (db) => {
    const rows = await listAllKeys(db);
    if (options.json) printJson(rows);
    else
      showKeys(
        rows.map(
          ({ spent_this_month, monthly_budget, ...row }): ShownKey => ({
            ...row,
            spent_this_month_usd: toUsd(spent_this_month),
            monthly_budget_usd: monthly_budget === null ? null : toUsd(monthly_budget),
          }),
        ),
      );
  });

export const revokeLocalKey = (idOrHint: string): Promise<void> =>
  withDatabase(loadConfig(), async (db) => {
    const key = theOne(await findAnyKeys(db, idOrHint), idOrHint);
    await revokeKey(db, key.account_id, key.id);
    await tellServers(db, [key.id]);
    process.stdout.write(`Revoked ${key.id} (${key.name}).\n`);
  });
