/** The upstream's process as the chaos run has it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { UpstreamCall } from './ledger.ts';
import type { UpstreamSays } from './upstream.ts';

export interface Upstream extends Disposable {
  port: number;
  /** All calls so far. */
  calls(): Promise<UpstreamCall[]>;
}

export async function startUpstream(): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL('./upstream.ts', import.meta.url)));
  const [started] = (await once(child, 'message')) as [UpstreamSays];
  if (!('port' in started)) throw new Error('the upstream did not start');
  return {
    port: started.port,
    async calls() {
      child.send('calls');
      const [said] = (await once(child, 'message')) as [UpstreamSays];
      return 'calls' in said ? said.calls : [];
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
