/** What calls cost while many requests wait. */
import { claimRequest } from '../../src/requests/claim.ts';
import { percentile } from '../statistics.ts';
import { statusReads, submits } from './calls.ts';
import { type Darkroom, POOL } from './darkroom.ts';
import type { Service } from './service.ts';
import { inTurns, type Measured, underLoad } from './turns.ts';

/** Reads are of as many, whatever waits. */
const READ = 5000;
const CLAIMS = 300;
/** Somebody has to be asked for. */
const FEWEST = 100;

/** With so many waiting, nothing running: of each service, reads of those that wait, their position included, and submits. */
export async function measureDepth(
  services: Service[],
  waiting: number,
  repeats: number,
  seconds: number,
): Promise<{ reads: Measured[]; submitted: Measured[] }> {
  const ids = new Map<Service, string[]>();
  for (const service of services) {
    await service.empty();
    const all = await service.fill(Math.max(waiting, FEWEST));
    const step = Math.max(1, Math.floor(all.length / READ));
    ids.set(
      service,
      all.filter((_, index) => index % step === 0),
    );
  }
  // Before the submits, which make the queue longer.
  const reads = await inTurns(services, repeats, (service) =>
    underLoad(service, statusReads(ids.get(service)!, seconds)),
  );
  const submitted = await inTurns(services, repeats, (service) => underLoad(service, submits(seconds)));
  return { reads, submitted };
}

/** What a worker waits for its next request. */
export async function measureClaims(
  darkroom: Darkroom,
  waiting: number,
): Promise<{ p50Ms: number; p99Ms: number }> {
  await darkroom.empty();
  await darkroom.fill(Math.max(waiting, 2 * CLAIMS));
  await darkroom.db.script('update lanes set max_running = 1000000');
  const measured: number[] = [];
  for (let index = 0; index < CLAIMS; index++) {
    const startedAt = performance.now();
    await claimRequest(darkroom.db, POOL, crypto.randomUUID(), 600_000);
    measured.push(performance.now() - startedAt);
  }
  return { p50Ms: percentile(measured, 0.5), p99Ms: percentile(measured, 0.99) };
}
