/** Many readers of event streams in one process. Plain sockets: a general client would take more of the cores than the server. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { KEY } from './processes.ts';

const CONNECTING_AT_ONCE = 100;

export interface Listeners {
  /** Resolves once each of `which` has had an event since the call. @returns when, by `performance.now()`, in their order. */
  nextEvents(which?: readonly number[]): Promise<number[]>;
  close(): void;
}

/** One for each of `ids`, each with its first event. */
export async function openListeners(address: string, ids: readonly string[]): Promise<Listeners> {
  const { hostname, port, host } = new URL(address);
  const sockets: Socket[] = [];
  const heard: ((() => void) | undefined)[] = [];
  const hear = (index: number): Promise<number> =>
    new Promise((resolve) => {
      heard[index] = () => resolve(performance.now());
    });

  const open = async (index: number): Promise<void> => {
    const socket = connect(Number(port), hostname);
    sockets[index] = socket;
    socket.setEncoding('latin1').setNoDelay();
    let rest = '';
    socket.on('data', (chunk: string) => {
      const text = rest + chunk;
      rest = text.slice(-8);
      if (text.includes('event: ')) heard[index]?.();
    });
    await once(socket, 'connect');
    const first = hear(index);
    socket.write(
      `GET /v1/requests/${ids[index]}/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${KEY}\r\n\r\n`,
    );
    await first;
  };

  for (let at = 0; at < ids.length; at += CONNECTING_AT_ONCE)
    await Promise.all(ids.slice(at, at + CONNECTING_AT_ONCE).map((_, index) => open(at + index)));
  const all = ids.map((_, index) => index);
  return {
    nextEvents: (which = all) => Promise.all(which.map(hear)),
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
