/** Clocks of single processes that can be set while they run, by libfaketime. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { missingProgram } from '../support/debian-package.ts';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  (platform) => `/usr/lib/${platform}/faketime/libfaketimeMT.so.1`,
);

export interface Clock {
  /** For the process whose clock it is. */
  env: Record<string, string>;
  /** How far from the true time it is, from now on. The process sees it within a second, as a jump. */
  set(seconds: number): Promise<void>;
}

/** Makes sure that there is libfaketime: root gets it from the distribution. @returns why there is none, or undefined. */
export const missingFaketime = async (): Promise<string | undefined> =>
  (await missingProgram('faketime')) ??
  (LIBRARIES.some((path) => existsSync(path)) ? undefined : `${LIBRARIES.join(' or ')} is not there`);

/** @param file where how wrong it is will stand */
export async function makeClock(file: string, seconds: number): Promise<Clock> {
  const library = LIBRARIES.find((path) => existsSync(path));
  if (!library) throw new Error('libfaketime is not installed');
  const set = async (wrong: number): Promise<void> => {
    // In one step: half a number would be another time.
    await writeFile(`${file}.new`, `${wrong < 0 ? '' : '+'}${wrong}\n`);
    await rename(`${file}.new`, file);
  };
  await set(seconds);
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // What counts how long something takes goes right on every machine, however wrong its clock is.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
}
