/**
 * The chaos run in short: every kind of fault once, on a whole cluster of processes. `npm run test:chaos` goes on for minutes;
 * `CHAOS_SEED` repeats a plan.
 */
import { expect, test } from 'vitest';
import { check } from './chaos/check.ts';
import { missingFaketime } from './chaos/clock.ts';
import { describeRun } from './chaos/report.ts';
import { runChaos } from './chaos/run.ts';

const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`through every kind of fault nothing is lost, doubled or overspent (seed ${seed})`, async () => {
  const missing = await missingFaketime();
  if (missing) {
    console.warn(`SKIPPED: the chaos run: ${missing}`);
    return;
  }
  const ledger = await runChaos({ seed, minutes: undefined, say: () => {} });
  const verdict = check(ledger);
  expect(verdict.findings, describeRun(ledger, verdict)).toEqual([]);
  expect(new Set(ledger.faults.map(({ kind }) => kind))).toEqual(
    new Set(['kill', 'stop', 'cut', 'hold', 'clock', 'restart']),
  );
  // Else the faults have not met any work.
  expect(ledger.acknowledged.some(({ unanswered }) => unanswered > 0)).toBe(true);
  expect(ledger.requests.filter(({ status }) => status === 'completed').length).toBeGreaterThan(30);
}, 240_000);
