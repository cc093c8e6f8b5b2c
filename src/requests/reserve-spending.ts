/** The money that submits may cost, taken in advance of the budgets of account and key. */
import { type Queryable, statement } from '../db/database.ts';
import { errors } from '../errors.ts';
import { toUsd } from '../lib/money.ts';
import type { Entry } from './submission.ts';

interface Owner {
  owner_id: string;
  /** Millionths of a USD this month, with all of this batch. */
  committed: number;
}

const reserveStatement = statement<Owner>(
  'reserve_spending',
  `insert into spending as s (owner_id, month, reserved)
   select owner_id, date_trunc('month', now())::date, amount
     from unnest($1::uuid[], $2::bigint[]) as t (owner_id, amount)
    order by owner_id
   on conflict (owner_id, month) do update set reserved = s.reserved + excluded.reserved
   returning s.owner_id, s.reserved + s.spent as committed`,
);

/** What each account and key of `entries` is asked for, together. */
function amounts(entries: Entry[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { submission } of entries) {
    for (const owner of [submission.identity.accountId, submission.identity.keyId]) {
      sums.set(owner, (sums.get(owner) ?? 0) + submission.reserve);
    }
  }
  return sums;
}

/** Reserves for all of `entries`; the rows of accounts and keys stay locked. */
export async function reserve(tx: Queryable, entries: Entry[]): Promise<Owner[]> {
  const sums = amounts(entries);
  return tx.rows(reserveStatement, [[...sums.keys()], [...sums.values()]]);
}

/** @param counted all that `owners` were reserved for, `candidates` among them */
export function refuseOverBudget(candidates: Entry[], counted: Entry[], owners: Owner[]): void {
  const asked = amounts(counted);
  const committed = new Map(
    owners.map((owner) => [owner.owner_id, owner.committed - asked.get(owner.owner_id)!]),
  );
  for (const entry of candidates) {
    const { identity, reserve: amount } = entry.submission;
    const limits: [string, number | null, string][] = [
      [identity.keyId, identity.keyBudget, 'API key'],
      [identity.accountId, identity.accountBudget, 'account'],
    ];
    const over = limits.find(([owner, budget]) => budget !== null && committed.get(owner)! + amount > budget);
    if (over) {
      const [owner, budget, name] = over;
      const left = toUsd(Math.max(0, budget! - committed.get(owner)!));
      entry.outcome = errors.insufficientResources(
        `The monthly budget of this ${name} has ${left} USD left of ${toUsd(budget!)} USD; this request may cost ${toUsd(amount)} USD. Raise the budget, or wait for the next month.`,
      );
      continue;
    }
    for (const [owner] of limits) committed.set(owner, committed.get(owner)! + amount);
  }
}

const unreserveStatement = statement<never>(
  'unreserve_spending',
  `update spending s set reserved = s.reserved - t.amount
     from unnest($1::uuid[], $2::bigint[]) as t (owner_id, amount)
    where s.owner_id = t.owner_id and s.month = date_trunc('month', now())::date`,
);
/** Takes what `refused` had reserved back. */
export async function unreserve(tx: Queryable, refused: Entry[]): Promise<void> {
  const sums = amounts(refused);
  await tx.rows(unreserveStatement, [[...sums.keys()], [...sums.values()]]);
}
