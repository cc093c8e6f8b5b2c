/** A proxy that passes on, holds and cuts. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A server that says everything back, a proxy before it. */
async function echoBehindProxy(): Promise<{ proxy: TcpProxy; connectTo(): Socket }> {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as { port: number }).port });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  return { proxy, connectTo: () => connect(proxy.port, '127.0.0.1').setEncoding('utf8') };
}

test('what is sent while it is held arrives afterwards, whole and in its order, as do new connections', async () => {
  const { proxy, connectTo } = await echoBehindProxy();
  const before = connectTo();
  before.write('one ');
  expect((await once(before, 'data'))[0]).toBe('one ');
  proxy.hold();
  const during = connectTo();
  let heard = '';
  for (const socket of [before, during]) {
    socket.write('two ');
    socket.on('data', (text) => {
      heard += text;
    });
  }
  // Another proxy's round trip is long enough for what would pass.
  const other = (await echoBehindProxy()).connectTo();
  other.write('passes');
  await once(other, 'data');
  expect(heard).toBe('');
  proxy.release();
  await expect.poll(() => heard).toBe('two two ');
  for (const socket of [before, during, other]) socket.destroy();
});

test('a cut breaks what is open, and lets the next one through; without a target nobody is there', async () => {
  const { proxy, connectTo } = await echoBehindProxy();
  const open = connectTo();
  open.write('x');
  await once(open, 'data');
  const broken = once(open, 'error');
  expect(proxy.cut()).toBe(1);
  expect((await broken)[0].code).toBe('ECONNRESET');
  const next = connectTo();
  next.write('y');
  expect((await once(next, 'data'))[0]).toBe('y');
  next.destroy();
  proxy.target = undefined;
  await once(connectTo(), 'error');
});
