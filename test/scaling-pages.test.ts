/** The pages on scaling and sizing show what the simulation says of what was measured, and the simulation is one. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { demandOf, limitsOf, loadOf } from '../bench/simulation/demand.ts';
import { readMeasured } from '../bench/simulation/measured.ts';
import { fillTables, PAGES, tablesOf } from '../bench/simulation/pages.ts';
import { createClock, createLog, createStation } from '../bench/simulation/stations.ts';
import { simulate } from '../bench/simulation/system.ts';

const measured = await readMeasured();
const { costs } = measured;

test('the tables of the pages are what the simulation says (npm run simulate -- --write)', async () => {
  const shown = await Promise.all(PAGES.map((page) => readFile(page, 'utf8')));
  for (const text of shown) expect(fillTables(text, measured)).toBe(text);
  for (const name of Object.keys(tablesOf(measured)))
    expect(shown.join('\n'), `nobody shows ${name}`).toContain(`<!-- table: ${name} -->`);
});

test('a station serves as many at once as it has servers, the others in the order of asking', () => {
  const clock = createClock();
  const station = createStation(clock, 2);
  const ended: string[] = [];
  for (const name of ['a', 'b', 'c'])
    station.use(10, () => {
      ended.push(`${name} ${clock.nowMs}`);
    });
  clock.run(100);
  expect(ended).toEqual(['a 10', 'b 10', 'c 20']);
  expect(station.busyMs).toBe(30);
});

test('commits that come during a sync share the next', () => {
  const clock = createClock();
  const log = createLog(clock, 4);
  const ended: number[] = [];
  for (const atMs of [0, 1, 2, 3]) clock.in(atMs, () => log.commit(() => ended.push(clock.nowMs)));
  clock.run(100);
  expect(ended).toEqual([4, 8, 8, 8]);
  expect(log.syncs).toBe(2);
});

test('what a design is given by arithmetic is enough in the simulation, and half of it is not', () => {
  const load = loadOf(500);
  const { design } = demandOf(costs, load, 1000);
  const enough = simulate(costs, design, load, 1);
  expect(enough.databaseBusy).toBeLessThan(0.7);
  const cores = Math.max(1, Math.floor(demandOf(costs, load, 1000).databaseCores / 2));
  const tooFew = simulate(costs, { ...design, databaseCores: cores }, load, 1);
  expect(tooFew.endedShare).toBeLessThan(enough.endedShare);
  expect(tooFew.databaseBusy).toBeGreaterThan(0.95);
});

test('one account is bound by its lane, many are not', () => {
  const load = loadOf(2000);
  const { design } = demandOf(costs, load, 1000);
  const many = simulate(costs, design, load, 1);
  const one = simulate(costs, { ...design, accounts: 1 }, load, 1);
  expect(one.endedShare).toBeLessThan(0.8 * many.endedShare);
});

test('twice the cores carry twice the load where PostgreSQL computes, and no more of its log', () => {
  const limit = (cores: number, resource: RegExp): number =>
    limitsOf(costs, cores).find((one) => resource.test(one.resource))!.submitsPerSecond;
  expect(limit(32, /CPU/)).toBeCloseTo(2 * limit(16, /CPU/));
  expect(limit(32, /log/)).toBe(limit(16, /log/));
});
