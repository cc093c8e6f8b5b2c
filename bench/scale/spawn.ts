/** Processes that are measured: started, killed as a power cut would, and how much CPU they have used. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

export interface Running {
  pid: number;
  /** What matched where it said that it is ready. */
  ready: RegExpExecArray;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** What must not outlive us, however we end. */
const ours = new Set<() => void>();
process.on('exit', () => {
  for (const kill of ours) kill();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** Has `kill` called when this process ends before its work does. @returns what makes that needless. */
export function killAtExit(kill: () => void): () => void {
  ours.add(kill);
  return () => void ours.delete(kill);
}

/** Starts a program and waits until it says that it is ready. @throws with what it said when it ends before. */
export async function spawnUntil(
  program: string,
  parameters: string[],
  env: Record<string, string>,
  ready: RegExp,
): Promise<Running> {
  const child: ChildProcess = spawn(program, parameters, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit');
  child.once(
    'exit',
    killAtExit(() => child.kill('SIGKILL')),
  );
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      // What comes later is only read so that the pipe does not fill.
      if (output.length < 1e6) output += chunk;
      const found = ready.exec(output);
      if (found) resolve(found);
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    void exited.then(() => reject(new Error(`${program} ${parameters.join(' ')} ended:\n${output}`)));
  });
  const end = (signal: NodeJS.Signals) => async (): Promise<void> => {
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await exited;
  };
  return { pid: child.pid!, ready: match, kill: end('SIGKILL'), stop: end('SIGTERM') };
}

/** Linux counts CPU time in hundredths of a second. */
const TICK_MS = 10;

/** CPU time of a process so far, with its children's, living and dead. */
export async function cpuMsOf(pid: number): Promise<number> {
  const { times, children } = await look(pid);
  const living = await Promise.all(children.map(async (child) => (await look(child)).times.slice(0, 2)));
  return TICK_MS * [...times, ...living.flat()].reduce((sum, ticks) => sum + ticks, 0);
}

async function look(pid: number): Promise<{ times: number[]; children: number[] }> {
  try {
    const [stat, children] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'),
    ]);
    // Past the name, which may hold spaces: utime, stime, and those of children that have ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      times: fields.slice(11, 15).map(Number),
      children: children.trim().split(' ').filter(Boolean).map(Number),
    };
  } catch {
    return { times: [0, 0, 0, 0], children: [] };
  }
}
