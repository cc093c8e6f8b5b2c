/** What a caller may still spend this month. */
import { type Queryable, statement } from '../db/database.ts';
import type { Identity } from './authenticate.ts';

const selectCommitted = statement<{ owner_id: string; committed: number }>(
  'read_committed',
  `select owner_id, reserved + spent as committed from spending
    where owner_id = any($1::uuid[]) and month = date_trunc('month', now())::date`,
);

/**
 * Millionths of a USD that the budgets of key and account both leave, with what is reserved for unfinished requests
 * taken off; null: there is no budget.
 */
export async function readBudgetLeft(
  db: Queryable,
  { keyId, keyBudget, accountId, accountBudget }: Identity,
): Promise<number | null> {
  const budgets = [
    { owner: keyId, budget: keyBudget },
    { owner: accountId, budget: accountBudget },
  ].filter((one): one is { owner: string; budget: number } => one.budget !== null);
  if (budgets.length === 0) return null;
  const rows = await db.rows(selectCommitted, [budgets.map(({ owner }) => owner)]);
  const committed = new Map(rows.map((row) => [row.owner_id, row.committed]));
  return Math.max(0, Math.min(...budgets.map(({ owner, budget }) => budget - (committed.get(owner) ?? 0))));
}
