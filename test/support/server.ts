/** A whole Darkroom for tests: in this process, or as a process of its own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type App, startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';
import { copyCluster } from './cluster-template.ts';
import { temporaryFolder } from './temporary-folder.ts';

export { temporaryFolder };

export const TEST_KEY = 'dk_test_0123456789abcdefghij';

/** Settings of a server for tests: quick, quiet, on a free port. */
const TEST_ENV = {
  PORT: '0',
  DARKROOM_API_KEY: TEST_KEY,
  DARKROOM_SANDBOX_DELAY_MS: '0',
  DARKROOM_RATE_LIMIT: '0',
  LOG_LEVEL: 'silent',
  DARKROOM_SHUTDOWN_GRACE: '2s',
};

export interface TestServer extends AsyncDisposable {
  url: string;
  key: string;
  dataDir: string;
}

/** In this process: for everything that does not have to be killed. Removes its data when disposed, unless it was given. */
export async function startTestServer(
  env: Record<string, string> = {},
  givenDataDir?: string,
): Promise<TestServer & { app: App }> {
  const dataDir = givenDataDir ?? (await temporaryFolder());
  if (!givenDataDir && !env.DATABASE_URL) await copyCluster(dataDir);
  const { config, secrets } = readConfig({ ...TEST_ENV, DARKROOM_DATA_DIR: dataDir, ...env });
  const app = await startApp(config, secrets, await createLog(config, false));
  return {
    app,
    url: app.address,
    key: env.DARKROOM_API_KEY ?? TEST_KEY,
    dataDir,
    async [Symbol.asyncDispose]() {
      await app.close();
      if (!givenDataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface ServerProcess extends TestServer {
  child: ChildProcess;
  /** What it has printed so far, both streams. */
  output(): string;
  /** Resolves with its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `darkroom serve`, or another of its servers, as a process of its own, ready. @throws with its output when it ends before it is. */
export async function spawnServer(
  dataDir: string,
  env: Record<string, string> = {},
  command: readonly string[] = ['serve'],
): Promise<ServerProcess> {
  if (!env.DATABASE_URL) await copyCluster(dataDir);
  const child = spawn(process.execPath, [MAIN, ...command], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...TEST_ENV,
      LOG_LEVEL: 'warn',
      DARKROOM_DATA_DIR: dataDir,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const ready = /ready at (http:\S+)/.exec(output);
      if (ready) resolve(ready[1]!);
    });
    void exited.then(() => reject(new Error(`darkroom ended before it was ready:\n${output}`)));
  });
  return {
    child,
    url,
    key: env.DARKROOM_API_KEY ?? TEST_KEY,
    dataDir,
    output: () => output,
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
