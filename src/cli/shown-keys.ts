/** API keys as commands show and name them. */
import { CommandError } from './command-error.ts';
import { table } from './table.ts';

/** What the list shows of a key. */
export interface ShownKey {
  id: string;
  hint: string;
  name: string;
  scopes: readonly string[];
  monthly_budget_usd: number | null;
  spent_this_month_usd: number;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

export function showKeys(rows: readonly ShownKey[]): void {
  const header = ['ID', 'KEY', 'NAME', 'SCOPES', 'SPENT/BUDGET USD', 'LAST USED', 'STATE'];
  process.stdout.write(table(header, rows.map(shown)));
}

function shown(row: ShownKey): string[] {
  const state = row.revoked_at
    ? 'revoked'
    : row.expires_at && Date.parse(row.expires_at) < Date.now()
      ? 'expired'
      : 'active';
  return [
    row.id,
    `${row.hint}…`,
    row.name,
    row.scopes.join(','),
    `${row.spent_this_month_usd} of ${row.monthly_budget_usd ?? 'no limit'}`,
    row.last_used_at?.slice(0, 16) ?? 'never',
    state,
  ];
}

type NamedKey = Pick<ShownKey, 'id' | 'name' | 'revoked_at'>;

/** Of those that go by `idOrHint`. @throws when there is none, or several that still work. */
export function theOne<Key extends NamedKey>(found: readonly Key[], idOrHint: string): Key {
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
