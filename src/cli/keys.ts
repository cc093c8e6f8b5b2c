/** `darkroom keys`: for the operator, on the database itself. */
import { type Command, InvalidArgumentError } from 'commander';
import { createAccount, findAccount } from '../accounts/accounts.ts';
import { createKey, findAnyKeys, type KeyRow, listAllKeys, revokeKey } from '../accounts/keys.ts';
import { SCOPES, type Scope } from '../accounts/scopes.ts';
import type { LoadedConfig } from '../config/config.ts';
import type { Database } from '../db/database.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import { CommandError } from './command-error.ts';
import { parseCount, parsePositive } from './parse-option.ts';
import { table } from './table.ts';
import { tellServers } from './tell-servers.ts';
import { withDatabase } from './with-database.ts';

interface CreateOptions {
  name: string;
  account: string;
  scopes: Scope[];
  budget?: number;
  ratePerMinute?: number;
  json?: boolean;
}

export function keysCommands(program: Command, loadConfig: () => LoadedConfig): void {
  const keys = program.command('keys').description('API keys');

  keys
    .command('create')
    .description('make an API key and print it, this once')
    .option('--name <name>', 'what to call it', 'made on the command line')
    .option('--account <name>', 'account it belongs to; made if there is none of that name', 'default')
    .option(
      '--scopes <list>',
      `comma-separated: ${SCOPES.join(', ')}; each includes the ones after it`,
      parseScopes,
      ['generate'],
    )
    .option('--budget <usd>', 'USD it may spend in a month', parsePositive)
    .option('--rate-per-minute <calls>', 'calls it may make in a minute', parseCount)
    .option('--json', 'print JSON')
    .action((options: CreateOptions) => withDatabase(loadConfig(), (db) => create(db, options)));

  keys
    .command('list')
    .description('all API keys, newest first')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      withDatabase(loadConfig(), async (db) => {
        const rows = await listAllKeys(db);
        process.stdout.write(
          options.json
            ? `${JSON.stringify(rows, null, 2)}\n`
            : table(
                ['ID', 'KEY', 'NAME', 'SCOPES', 'SPENT/BUDGET USD', 'LAST USED', 'STATE'],
                rows.map(shown),
              ),
        );
      }),
    );

  keys
    .command('revoke <id>')
    .description('revoke an API key for good, by its id or the first characters shown')
    .action((id: string) =>
      withDatabase(loadConfig(), async (db) => {
        const key = await oneKey(db, id);
        await revokeKey(db, key.account_id, key.id);
        await tellServers(db, [key.id]);
        process.stdout.write(`Revoked ${key.id} (${key.name}).\n`);
      }),
    );
}

/** @throws when there is none, or several that still work begin so. */
async function oneKey(db: Database, idOrHint: string): Promise<KeyRow> {
  const found = await findAnyKeys(db, idOrHint);
  const [first] = found;
  if (!first)
    throw new CommandError(`There is no key ${idOrHint}. \`darkroom keys list\` shows what there is.`);
  const working = found.filter((key) => key.revoked_at === null);
  if (working.length > 1)
    throw new CommandError(
      `${working.length} keys begin with ${idOrHint}. Name one by its id: ${working.map((key) => `${key.id} (${key.name})`).join(', ')}`,
    );
  return working[0] ?? first;
}

async function create(db: Database, options: CreateOptions): Promise<void> {
  const accountId =
    (await findAccount(db, options.account)) ?? (await createAccount(db, { name: options.account }));
  const { row, secret } = await createKey(db, {
    accountId,
    name: options.name,
    scopes: options.scopes,
    monthlyBudget: options.budget === undefined ? null : toMicroUsd(options.budget),
    requestsPerMinute: options.ratePerMinute ?? null,
  });
  process.stdout.write(options.json ? `${JSON.stringify({ id: row.id, key: secret })}\n` : `${secret}\n`);
}

function shown(row: KeyRow): string[] {
  const state = row.revoked_at
    ? 'revoked'
    : row.expires_at && Date.parse(row.expires_at) < Date.now()
      ? 'expired'
      : 'active';
  const budget = row.monthly_budget === null ? 'no limit' : String(toUsd(row.monthly_budget));
  return [
    row.id,
    `${row.hint}…`,
    row.name,
    row.scopes.join(','),
    `${toUsd(row.spent_this_month)} of ${budget}`,
    row.last_used_at?.slice(0, 16) ?? 'never',
    state,
  ];
}

function parseScopes(text: string): Scope[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.find((scope) => !SCOPES.includes(scope as Scope));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${unknown} is no scope; there are ${SCOPES.join(', ')}.`);
  return scopes as Scope[];
}
