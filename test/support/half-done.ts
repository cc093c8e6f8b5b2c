/** A request whose worker ended in the middle of it. */
import { submit } from './api.ts';
import { eventually, type Peek } from './database.ts';
import type { ServerProcess } from './server.ts';

/**
 * Runs four large images and ends the server with `signal` once one of them is done. They are near to each other: where
 * all were done before the signal told, it is tried again.
 * @returns the request's id; some of its images are done, and not all
 */
export async function endHalfDone(
  peek: Peek,
  start: () => Promise<ServerProcess>,
  signal: NodeJS.Signals,
): Promise<string> {
  for (;;) {
    const server = await start();
    const id = await submit(server, { prompt: 'four large ones', num_images: 4, resolution: '4K' });
    const doneNow = async (): Promise<number> =>
      (await peek.row('select done from requests where id = $1', [id])).done;
    await eventually(async () => (await doneNow()) > 0, 5);
    server.child.kill(signal);
    await server.exited;
    if ((await doneNow()) < 4) return id;
  }
}
