/** Does what the plan says, and writes down what was really done and when. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { Act, PlannedFault } from './fault-plan.ts';
import type { Fault } from './ledger.ts';

/** Adds to `done` as things happen: a fault stands there from its beginning, its end unknown until it is over. */
export async function perform(cluster: Cluster, acts: readonly Act[], done: Fault[]): Promise<void> {
  for (const { faults } of acts) {
    const running = faults.map(async (fault) => {
      await sleep(fault.atMs);
      await inflict(cluster, fault, done);
    });
    await Promise.all(running);
  }
}

async function inflict(cluster: Cluster, planned: PlannedFault, done: Fault[]): Promise<void> {
  if (planned.kind === 'restart') {
    for (const victim of planned.victims) {
      await lasting(done, { kind: 'restart', victim }, () => serverOf(cluster, victim).restart());
    }
    return;
  }
  const { kind, victim } = planned;
  await lasting(done, { kind, victim }, async (fault) => {
    switch (planned.kind) {
      case 'kill':
        return await memberOf(cluster, victim).kill(planned.downMs);
      case 'stop': {
        const member = memberOf(cluster, victim);
        await member.stop();
        await sleep(planned.forMs);
        return await member.resume();
      }
      case 'cut':
        fault.detail = `${linkOf(cluster, victim).cut()} connections`;
        return;
      case 'hold': {
        const link = linkOf(cluster, victim);
        link.hold();
        await sleep(planned.forMs);
        return link.release();
      }
      case 'clock':
        fault.detail = `${planned.seconds > 0 ? '+' : ''}${planned.seconds} s`;
        return await cluster.clocks.get(victim)!.set(planned.seconds);
    }
  });
}

async function lasting(
  done: Fault[],
  { kind, victim }: Pick<Fault, 'kind' | 'victim'>,
  work: (fault: Fault) => Promise<void>,
): Promise<void> {
  const fault: Fault = { kind, victim, fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY };
  done.push(fault);
  await work(fault);
  fault.untilMs = Date.now();
}

function found<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new Error(`the plan names ${name}, which is not there`);
  return value;
}
const memberOf = (cluster: Cluster, name: string) => found(cluster.members.get(name), name);
const linkOf = (cluster: Cluster, name: string) => found(cluster.links.get(name), name);
const serverOf = (cluster: Cluster, name: string) =>
  found(
    cluster.servers.find((server) => server.name === name),
    name,
  );
