/** What was measured last, as `BENCH_SAVE=1 npm run bench:scale` keeps it: what the simulation goes on from. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Costs } from '../scale/costs.ts';
import type { Line } from '../scale/report.ts';

export interface Measured {
  costs: Costs;
  lines: Line[];
}

const FILE = new URL('./measured.json', import.meta.url);

export const readMeasured = async (): Promise<Measured> => JSON.parse(await readFile(FILE, 'utf8'));

/** More digits than were measured would only be noise. */
export const saveMeasured = (measured: Measured): Promise<void> =>
  writeFile(FILE, `${JSON.stringify(measured, rounded, 2)}\n`);

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(3)) : value;
