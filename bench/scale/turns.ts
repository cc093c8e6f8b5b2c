/** Both services measured in turns, so that what else the machine does meets both alike. */
import { load } from '../processes.ts';
import { median } from '../statistics.ts';
import type { Kind, Service } from './service.ts';

export interface Measured {
  perSecond: number;
  /** CPU of each kind of process for one call, in microseconds. */
  cpuMicros: Record<Kind, number>;
}

/** A new process takes some ten thousand calls until its code is compiled; those that are measured have served for days. */
const WARM_UPS = 3;

/** The median of `repeats` turns, after some to warm up; for each service its own. */
export async function inTurns(
  services: Service[],
  repeats: number,
  measure: (service: Service) => Promise<Measured>,
): Promise<Measured[]> {
  const all: Measured[][] = services.map(() => []);
  for (let turn = 1 - WARM_UPS; turn <= repeats; turn++)
    for (const [index, service] of services.entries()) {
      const measured = await measure(service);
      if (turn > 0) all[index]!.push(measured);
    }
  return all.map((turns) => ({
    perSecond: median(turns.map(({ perSecond }) => perSecond)),
    cpuMicros: {
      api: median(turns.map(({ cpuMicros }) => cpuMicros.api)),
      worker: median(turns.map(({ cpuMicros }) => cpuMicros.worker)),
      database: median(turns.map(({ cpuMicros }) => cpuMicros.database)),
    },
  }));
}

/** Some work of a service, and what CPU each piece of it took. */
export async function withCpu(
  service: Service,
  work: () => Promise<{ perSecond: number; calls: number }>,
): Promise<Measured> {
  const before = await service.cpuMs();
  const { perSecond, calls } = await work();
  const after = await service.cpuMs();
  const each = (kind: Kind): number => (1000 * (after[kind] - before[kind])) / calls;
  return { perSecond, cpuMicros: { api: each('api'), worker: each('worker'), database: each('database') } };
}

type Burst = Omit<Parameters<typeof load>[0], 'urls'>;

/** @param count is told how many calls there were */
export const underLoad = (
  service: Service,
  burst: Burst,
  count?: (calls: number) => void,
): Promise<Measured> =>
  withCpu(service, async () => {
    const result = await load({ urls: service.addresses, ...burst });
    count?.(result.calls);
    return result;
  });
