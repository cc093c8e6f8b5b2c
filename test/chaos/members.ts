/** The processes of the chaos run: started, killed, stood still and started again on the same data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually, killPostgres, restartedSince } from '../support/database.ts';
import type { ServerProcess } from '../support/server.ts';
import type { SharedPostgres } from '../support/shared-postgres.ts';

export interface Member extends AsyncDisposable {
  readonly name: string;
  /** SIGKILL, and after `downMs` a new start. Resolves when it is ready. */
  kill(downMs: number): Promise<void>;
  /** SIGSTOP to all of it. */
  stop(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

export interface ServerMember extends Member {
  /** SIGTERM, its end, and a new start. Resolves when it is ready. */
  restart(): Promise<void>;
  /** Ends that nobody asked for, or that were not as asked, in words. */
  readonly crashes: string[];
  /** What it has printed, in all its lives. */
  output(): string;
}

const START_AGAIN_MS = 300;

/** An `api` or a `worker`, ready. */
export async function startServerMember(
  name: string,
  start: () => Promise<ServerProcess>,
): Promise<ServerMember> {
  const crashes: string[] = [];
  const asked = new Set<ServerProcess>();
  let before = '';
  let ended = false;
  let launching: Promise<void> | undefined;

  // Nothing is in the way of the first start.
  let server = await start();
  watch(server);

  function watch(current: ServerProcess): void {
    void current.exited.then((how) => {
      before += current.output();
      if (!asked.has(current))
        crashes.push(`${name} ended by itself (${how}):\n${current.output().slice(-2000)}`);
    });
  }

  function launch(): Promise<void> {
    launching = launchAgain();
    return launching;
  }

  async function launchAgain(): Promise<void> {
    while (!ended) {
      try {
        server = await start();
        return watch(server);
      } catch (error) {
        // Without its database it does not start; whatever watches over processes tries again.
        before += `${(error as Error).message}\n`;
        await sleep(START_AGAIN_MS);
      }
    }
  }

  return {
    name,
    crashes,
    output: () => before + server.output(),
    async kill(downMs) {
      asked.add(server);
      server.child.kill('SIGKILL');
      await server.exited;
      await sleep(downMs);
      await launch();
    },
    async restart() {
      asked.add(server);
      server.child.kill('SIGTERM');
      const how = await server.exited;
      if (how !== 0)
        crashes.push(`${name} ended with ${how} after SIGTERM:\n${server.output().slice(-2000)}`);
      await launch();
    },
    stop: async () => void server.child.kill('SIGSTOP'),
    resume: async () => void server.child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      ended = true;
      // In the middle of a restart there is another than we know of.
      await launching;
      asked.add(server);
      server.child.kill('SIGCONT');
      server.child.kill('SIGKILL');
      await server.exited;
    },
  };
}

/** The PostgreSQL; whoever started it starts it again. */
export function postgresMember(
  { dataDir, peek }: SharedPostgres,
  postmaster: () => Promise<number | undefined>,
): Member {
  const stopped: number[] = [];
  return {
    name: 'postgres',
    async kill() {
      const killed = await killPostgres(dataDir);
      await eventually(() => restartedSince(dataDir, killed), 50);
      await eventually(() => peek.rows('select 1').catch(() => false as const), 50);
    },
    async stop() {
      // It may just be coming back. First it: then no child comes after they have been counted.
      const pid = await eventually(async () => {
        const there = await postmaster();
        return there !== undefined && trySignal(there, 'SIGSTOP') && there;
      }, 50);
      stopped.push(pid, ...(await childrenOf(pid)));
      for (const child of stopped) trySignal(child, 'SIGSTOP');
    },
    async resume() {
      for (const pid of stopped.splice(0)) trySignal(pid, 'SIGCONT');
    },
    async [Symbol.asyncDispose]() {
      for (const pid of stopped.splice(0)) trySignal(pid, 'SIGCONT');
    },
  };
}

/** @returns whether there was such a process. */
function trySignal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').then(parentIn, () => undefined)),
  );
  return pids.filter((_, index) => parents[index] === parent).map(Number);
}
/** The name, in brackets, may have anything in it. */
const parentIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);

const S3_SERVER = fileURLToPath(new URL('./s3-server.ts', import.meta.url));

/** An S3 server on a port and folder that stay. */
export async function startS3Member(directory: string, port: number): Promise<Member> {
  let child: ChildProcess;
  async function launch(): Promise<void> {
    child = spawn(process.execPath, [S3_SERVER, directory, String(port)], { stdio: 'ignore' });
    await eventually(() => isListening(port), 20);
  }
  await launch();
  return {
    name: 's3',
    async kill(downMs) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await sleep(downMs);
      await launch();
    },
    stop: async () => void child.kill('SIGSTOP'),
    resume: async () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
