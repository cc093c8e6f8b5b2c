/** Starts what is measured and what loads it. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOptions, LoadResult } from './load.ts';

export const KEY = 'dk_bench_0123456789abcdefghij';

export interface Target {
  address: string;
  residentMegabytes(): Promise<number>;
  /** The same after garbage is collected. */
  settledMegabytes(): Promise<number>;
  /** CPU time it has used. */
  cpuMs(): Promise<number>;
  /** For the yardstick: the requests it is to know. */
  know(ids: string[]): void;
  /** For the yardstick: these have changed, and whoever listens is to hear of it. */
  change(ids: string[]): void;
  stop(): Promise<void>;
}

/** Of every server that is measured: nothing refuses it anything. */
export const serverEnv = (dataDir: string): Record<string, string> => ({
  PORT: '0',
  LOG_LEVEL: 'warn',
  DARKROOM_DATA_DIR: dataDir,
  DARKROOM_API_KEY: KEY,
  DARKROOM_RATE_LIMIT: '0',
  DARKROOM_MAX_QUEUED: '100000000',
});

export async function startTarget(
  kind: 'bare' | 'darkroom' | 'whole',
  dataDir: string,
  env: Record<string, string> = {},
): Promise<Target> {
  const child: ChildProcess = fork(fileURLToPath(new URL('./target.ts', import.meta.url)), [kind], {
    env: {
      ...process.env,
      ...serverEnv(dataDir),
      DARKROOM_SANDBOX_DELAY_MS: '0',
      ...env,
    },
  });
  const next = async <Answer>(): Promise<Answer> => (await once(child, 'message'))[0] as Answer;
  const { address } = await next<{ address: string }>();
  return {
    address,
    know: (ids) => void child.send({ ids }),
    change: (changed) => void child.send({ changed }),
    async residentMegabytes() {
      child.send('memory');
      return (await next<{ residentKilobytes: number }>()).residentKilobytes / 1024;
    },
    async settledMegabytes() {
      child.send('settled memory');
      return (await next<{ residentKilobytes: number }>()).residentKilobytes / 1024;
    },
    async cpuMs() {
      child.send('cpu');
      return (await next<{ cpuMs: number }>()).cpuMs;
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** @throws when a call failed, but where that is meant to happen. */
export async function load(
  options: Omit<LoadOptions, 'headers'>,
  { mayFail = false }: { mayFail?: boolean } = {},
): Promise<LoadResult> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./load.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const headers = {
    authorization: `Bearer ${KEY}`,
    ...(options.body !== undefined && { 'content-type': 'application/json' }),
  };
  child.stdin.end(JSON.stringify({ ...options, headers }));
  let output = '';
  for await (const chunk of child.stdout) output += chunk;
  const result = JSON.parse(output) as LoadResult;
  if (result.failed > 0 && !mayFail) throw new Error(`${result.failed} calls failed under load`);
  return result;
}
