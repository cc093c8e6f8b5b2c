/** Programs run to their end. */
import { execFile, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  /** Exit code; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** All of its environment but PATH and HOME. */
  env?: Record<string, string>;
  cwd?: string;
  timeoutMs?: number;
  /** All that there is on stdin. */
  input?: string;
}

/** Where whoever runs the tests has no logins. */
export const NO_LOGINS = { XDG_CONFIG_HOME: join(tmpdir(), 'darkroom-test-without-logins') };

/** Runs a program and gives what it printed, however it ended. */
export function run(
  program: string,
  parameters: string[],
  { env, cwd, timeoutMs = 60_000, input = '' }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      ...(cwd !== undefined && { cwd }),
      timeout: timeoutMs,
      maxBuffer: 64 * 2 ** 20,
    };
    const child = execFile(program, parameters, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number' && error.code !== null && error.signal === undefined)
        return reject(error);
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr });
    });
    // Whoever does not read it may have ended before.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** `darkroom …` on this Node. */
export const darkroom = (parameters: string[], options: RunOptions = {}): Promise<Ended> =>
  run(process.execPath, [MAIN, ...parameters], { ...options, env: { ...NO_LOGINS, ...options.env } });

/** Whether the machine has such a program. */
export const hasProgram = (name: string): boolean =>
  spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;
