/** Many processes with the product's own ways to its database, let loose at one moment. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ConnectionTarget } from '../../src/db/connection.ts';
import type { Task } from './fleet-member.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MEMBER = fileURLToPath(new URL('./fleet-member.ts', import.meta.url));

export interface Fleet extends AsyncDisposable {
  /** All perform their task at once. @returns what each says, in their order */
  perform<Result>(taskOf: (member: number) => Task): Promise<Result[]>;
  /** One goes as far as its task lets it, and is stopped there with all that it holds. */
  freeze(member: number, task: Task): Promise<void>;
}

/** @returns once all are connected */
export async function startFleet(target: ConnectionTarget, size: number): Promise<Fleet> {
  // What the first has compiled the others need not compile again: that is most of what a start costs.
  const cache = await temporaryFolder();
  const env = { PATH: process.env.PATH, DATABASE: JSON.stringify(target), NODE_COMPILE_CACHE: cache };
  const start = async (): Promise<ChildProcess> => {
    const member = fork(MEMBER, { execArgv: [], env });
    await once(member, 'message');
    return member;
  };
  const members = [await start(), ...(await Promise.all(Array.from({ length: size - 1 }, start)))];
  return {
    async perform<Result>(taskOf: (member: number) => Task) {
      const answers = members.map((member) => answerOf<Result>(member));
      for (const [index, member] of members.entries()) member.send(taskOf(index));
      return Promise.all(answers);
    },
    async freeze(index, task) {
      const member = members[index]!;
      const standing = once(member, 'message');
      member.send(task);
      await standing;
      member.kill('SIGSTOP');
    },
    async [Symbol.asyncDispose]() {
      for (const member of members) member.kill('SIGKILL');
      await Promise.all(
        members.map((member) => member.exitCode ?? member.signalCode ?? once(member, 'exit')),
      );
      await rm(cache, { recursive: true, force: true });
    },
  };
}

async function answerOf<Result>(member: ChildProcess): Promise<Result> {
  const [{ result, error }] = (await once(member, 'message')) as [{ result: Result; error?: string }];
  if (error !== undefined) throw new Error(error);
  return result;
}
