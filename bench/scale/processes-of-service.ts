/** The API and worker processes of a service, whichever it is. */
import { cpuMsOf, type Running } from './spawn.ts';

export interface Processes {
  addresses: string[];
  /** Of the first of each kind. */
  pids: { api: number; worker: number };
  scaleTo(apis: number, workers: number): Promise<void>;
  cpuMs(): Promise<{ api: number; worker: number }>;
  killAll(): Promise<void>;
  stop(): Promise<void>;
}

/** @param start starts one; that of an API says its address as the first group of what it matched. */
export function createProcesses(start: (kind: 'api' | 'worker') => Promise<Running>): Processes {
  let apis: Running[] = [];
  let workers: Running[] = [];
  const startAll = (kind: 'api' | 'worker', count: number): Promise<Running[]> =>
    Promise.all(Array.from({ length: count }, () => start(kind)));
  const sum = async (running: Running[]): Promise<number> =>
    (await Promise.all(running.map(({ pid }) => cpuMsOf(pid)))).reduce((total, ms) => total + ms, 0);
  const stop = async (): Promise<void> => {
    await Promise.all([...workers, ...apis].map((one) => one.stop()));
    [apis, workers] = [[], []];
  };
  return {
    get addresses() {
      return apis.map(({ ready }) => ready[1]!);
    },
    get pids() {
      return { api: apis[0]!.pid, worker: workers[0]!.pid };
    },
    async scaleTo(apiCount, workerCount) {
      await stop();
      apis = await startAll('api', apiCount);
      workers = await startAll('worker', workerCount);
    },
    cpuMs: async () => ({ api: await sum(apis), worker: await sum(workers) }),
    killAll: async () => void (await Promise.all([...workers, ...apis].map((one) => one.kill()))),
    stop,
  };
}
