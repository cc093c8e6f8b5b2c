/** Counts a chaos run from outside: what was promised of it, and what was not kept. */
import { checkFiles } from './check-files.ts';
import { checkMoney } from './check-money.ts';
import { checkRequests } from './check-requests.ts';
import { checkRounds, type RepeatedRound } from './check-rounds.ts';
import { checkWebhooks } from './check-webhooks.ts';
import type { Ledger } from './ledger.ts';

/** A promise that was not kept. */
interface Finding {
  promise: string;
  what: string;
}

export interface Verdict {
  findings: Finding[];
  /** Rounds that the upstream was asked for again, each with its reason; one without is a finding as well. */
  repeated: RepeatedRound[];
  /** Requests that were given up, for a reason. */
  givenUp: { id: string; why: string }[];
}

export function check(ledger: Ledger): Verdict {
  const findings: Finding[] = [];
  const broken = (promise: string, what: string): void => void findings.push({ promise, what });
  for (const what of ledger.surprises) broken('nothing happens that nobody asked for', what);
  const givenUp = checkRequests(ledger, broken);
  const repeated = checkRounds(ledger, broken);
  checkMoney(ledger, broken);
  checkFiles(ledger, broken);
  checkWebhooks(ledger, broken);
  return { findings, repeated, givenUp };
}

/** Tells of a promise that was not kept. */
export type Broken = (promise: string, what: string) => void;
