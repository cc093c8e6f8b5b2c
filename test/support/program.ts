/** A program that goes on running, and what it says meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { MAIN } from './command.ts';
import { stopLeftPostgres } from './database.ts';
import { temporaryFolder } from './server.ts';

export interface Program {
  child: ChildProcess;
  /** What it has printed so far, both streams in the order they came. */
  output(): string;
  /** Resolves with the match once the output has one. @throws with the output when it ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
}

export interface ProgramOptions {
  /** All of its environment but PATH and HOME. */
  env?: Record<string, string>;
  cwd?: string;
}

/** Starts a program, which is killed at the end of the test if it still runs. */
export function startProgram(
  program: string,
  parameters: string[],
  { env = {}, cwd }: ProgramOptions = {},
): Program {
  const child = spawn(program, parameters, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
      child.emit('output');
    });
  }
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  onTestFinished(() => void child.kill('SIGKILL'));
  return {
    child,
    output: () => output,
    exited,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match) resolve(match);
        };
        child.on('output', look);
        void exited.then(() => {
          look();
          reject(new Error(`it ended without saying ${pattern}:\n${output}`));
        });
        look();
      }),
  };
}

/** A data folder for one test; whatever runs on it afterwards is stopped, and it goes. */
export async function dataFolder(): Promise<string> {
  const folder = await temporaryFolder();
  onTestFinished(async () => {
    await stopLeftPostgres(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });
  return folder;
}

/** Settings of a server that is as a newcomer starts it, but quick and on a free port. */
export const serverEnv = (dataDir: string, env: Record<string, string> = {}): Record<string, string> => ({
  PORT: '0',
  LOG_LEVEL: 'warn',
  DARKROOM_DATA_DIR: dataDir,
  DARKROOM_SANDBOX_DELAY_MS: '0',
  DARKROOM_SHUTDOWN_GRACE: '2s',
  ...env,
});

export interface RunningServer extends Program {
  url: string;
  /** Milliseconds from its start until it was ready. */
  readyMs: number;
}

/** `darkroom serve`, ready. @throws with its output when it ends before it is. */
export async function serve(
  dataDir: string,
  env: Record<string, string> = {},
  { command = [process.execPath, MAIN, 'serve'], cwd }: { command?: string[]; cwd?: string } = {},
): Promise<RunningServer> {
  const startedAt = performance.now();
  const [program, ...parameters] = command;
  const server = startProgram(program!, parameters, {
    env: serverEnv(dataDir, env),
    ...(cwd !== undefined && { cwd }),
  });
  const [, url] = await server.says(/ready at (http:\S+)[\s\S]*Try it:\s+curl .*[\r\n]/);
  return { ...server, url: url!, readyMs: Math.round(performance.now() - startedAt) };
}

/** The key that a first start has printed. */
export const printedKey = (server: Pick<Program, 'output'>): string | undefined =>
  /API key +(dk_\w+)/.exec(server.output())?.[1];
