/** What a batch of submits asks of queues and budgets, and which of them go beyond what there is. */
import { errors } from '../errors.ts';
import { toUsd } from '../lib/money.ts';
import type { Entry } from './submission.ts';

const accountOf = ({ submission }: Entry): string => submission.identity.accountId;

interface Account {
  accountId: string;
  entries: Entry[];
  /** Of those that they bring: an account's limit may have been changed while they came. */
  maxQueued: number;
}

export const accountsOf = (entries: Entry[]): Account[] =>
  [...Map.groupBy(entries, accountOf)].map(([accountId, group]) => ({
    accountId,
    entries: group,
    maxQueued: group.reduce(
      (least, { submission }) => Math.min(least, submission.identity.maxQueued),
      Number.POSITIVE_INFINITY,
    ),
  }));

/** The lanes that the entries of `accounts` come to, each with those that come. */
export const lanesOf = (accounts: Account[]): Entry[][] =>
  accounts.flatMap(({ entries }) => [...Map.groupBy(entries, ({ submission }) => submission.pool).values()]);

/** @param waiting what waits of each account, with all of `entries` */
export function refuseOverQueue(entries: Entry[], waiting: Record<string, number>): void {
  for (const { accountId, entries: group, maxQueued } of accountsOf(entries)) {
    const room = Math.max(0, maxQueued - (waiting[accountId]! - group.length));
    for (const entry of group.slice(room)) {
      entry.outcome = errors.rateLimited(
        `The queue of this account is full (${maxQueued} requests are waiting). Wait for some to finish, or cancel some.`,
        { 'retry-after': '5' },
      );
    }
  }
}

/** An account or a key, which has a budget. */
interface Owner {
  ownerId: string;
  name: 'account' | 'API key';
  /** Millionths of a USD, as all that follows. */
  budget: number | null;
  /** What all that are its own may cost together. */
  amount: number;
}

export function ownersOf(entries: Entry[]): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  const add = (ownerId: string, name: Owner['name'], budget: number | null, amount: number): void => {
    const known = owners.get(ownerId);
    if (!known) owners.set(ownerId, { ownerId, name, budget, amount });
    else {
      known.amount += amount;
      known.budget = least(known.budget, budget);
    }
  };
  for (const { submission } of entries) {
    const { identity, reserve } = submission;
    add(identity.keyId, 'API key', identity.keyBudget, reserve);
    add(identity.accountId, 'account', identity.accountBudget, reserve);
  }
  return owners;
}

const least = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** @param committed what is reserved for and spent of each owner this month, with all of `entries` */
export function refuseOverBudget(entries: Entry[], committed: Record<string, number>): void {
  const owners = ownersOf(entries);
  const taken = new Map(
    [...owners.values()].map(({ ownerId, amount }) => [ownerId, committed[ownerId]! - amount]),
  );
  for (const entry of entries) {
    if (entry.outcome) continue;
    const { identity, reserve } = entry.submission;
    const own = [identity.keyId, identity.accountId].map((ownerId) => owners.get(ownerId)!);
    const over = own.find(({ ownerId, budget }) => budget !== null && taken.get(ownerId)! + reserve > budget);
    if (over) {
      const left = toUsd(Math.max(0, over.budget! - taken.get(over.ownerId)!));
      entry.outcome = errors.insufficientResources(
        `The monthly budget of this ${over.name} has ${left} USD left of ${toUsd(over.budget!)} USD; this request may cost ${toUsd(reserve)} USD. Raise the budget, or wait for the next month.`,
      );
      continue;
    }
    for (const { ownerId } of own) taken.set(ownerId, taken.get(ownerId)! + reserve);
  }
}
