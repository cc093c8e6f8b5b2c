/** A proxy between two processes that knows nothing of what they say: it breaks connections, or lets nothing through. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  port: number;
  /** Where new connections go from now on; undefined: nobody is there. */
  target: NetConnectOpts | undefined;
  /** Breaks all that are open. @returns how many that were. */
  cut(): number;
  /** From now on nothing passes, and nobody is told: what is sent waits, as do new connections. */
  hold(): void;
  /** What was held passes. */
  release(): void;
}

export async function startTcpProxy(target?: NetConnectOpts): Promise<TcpProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let waiting: (() => void)[] = [];
  let held = false;

  const server = createServer({ noDelay: true, pauseOnConnect: true }, (near) => {
    near.on('error', () => {});
    if (held) waiting.push(() => join(near));
    else join(near);
  });

  function join(near: Socket): void {
    if (!proxy.target) return void breakOff(near);
    const far = connect({ noDelay: true, ...proxy.target });
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    far.on('error', () => breakOff(near));
    for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]]) {
      from.pipe(to);
      from.once('close', () => {
        pairs.delete(pair);
        // What was read is still passed on; an end in good order is an end in good order there too.
        if (from.errored) breakOff(to);
        else to.end();
      });
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    cut() {
      const open = [...pairs];
      for (const sockets of open) for (const socket of sockets) breakOff(socket);
      return open.length;
    },
    hold() {
      held = true;
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    release() {
      held = false;
      for (const [near, far] of pairs) {
        near.pipe(far);
        far.pipe(near);
      }
      const joining = waiting;
      waiting = [];
      for (const start of joining) start();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      proxy.cut();
      for (const start of waiting) start();
      proxy.cut();
    },
  };
  return proxy;
}

function breakOff(socket: Socket): void {
  // A socket of the file system knows no reset.
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
