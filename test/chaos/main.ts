/**
 * `npm run test:chaos`: some minutes of load on a whole cluster whose processes, connections and clocks fail at random. Says what
 * was done and what was counted, and ends with 1 if anything was not as promised. `CHAOS_SEED` repeats a plan,
 * `CHAOS_MINUTES` says for how long (3), `CHAOS_KEEP` names a folder for all that was seen and printed.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './check.ts';
import { missingFaketime } from './clock.ts';
import { describePlan, describeRun } from './report.ts';
import { planRun, runChaos } from './run.ts';

const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const minutes = process.env.CHAOS_MINUTES === 'short' ? undefined : Number(process.env.CHAOS_MINUTES ?? 3);
const missing = await missingFaketime();
if (missing) throw new Error(`clocks cannot be set wrong: ${missing}`);

console.log(`seed ${seed} (CHAOS_SEED=${seed} repeats this plan)\n`);
console.log(`${describePlan(planRun({ seed, minutes }).faults.acts)}\n`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
const say = (line: string): void => console.log(line);
const keep = process.env.CHAOS_KEEP;
const ledger = await runChaos({ seed, minutes, say, signal: stopping.signal, logs: keep });
if (keep !== undefined) await writeFile(join(keep, 'ledger.json'), JSON.stringify(ledger, null, 1));
const verdict = check(ledger);
console.log(`\n${describeRun(ledger, verdict)}`);
process.exit(verdict.findings.length === 0 ? 0 : 1);
