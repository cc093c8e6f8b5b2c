/** HTTP as bytes, for what no client would send. */
import { connect, type Socket } from 'node:net';
import type { Answer } from './api.ts';
import type { TestServer } from './server.ts';

export interface RawConnection extends Disposable {
  socket: Socket;
  /** Everything that has come, once `pattern` is in it or the server has closed. */
  until(pattern: RegExp): Promise<string>;
  /** Everything that has come by the time the server closes. */
  closed: Promise<string>;
}

/** Connects and sends `bytes`. */
export async function openRaw(
  server: Pick<TestServer, 'url'>,
  bytes: string | Buffer,
): Promise<RawConnection> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // Being cut off is one of the expected ends.
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.write(bytes);
  return {
    socket,
    closed,
    until: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (pattern.test(received)) resolve(received);
        };
        socket.on('data', look);
        void closed.then(resolve);
        look();
      }),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Sends `bytes`, and gives the one answer after which the server closes. */
export async function sendRaw(server: Pick<TestServer, 'url'>, bytes: string | Buffer): Promise<Answer> {
  using connection = await openRaw(server, bytes);
  return parseAnswer(await connection.closed);
}

/** The first answer in `text`. @throws when there is none. */
export function parseAnswer(text: string): Answer {
  if (text.startsWith('HTTP/1.1 100 ')) return parseAnswer(text.slice(text.indexOf('\r\n\r\n') + 4));
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (end === -1 || !status) throw new Error(`no answer in ${JSON.stringify(text.slice(0, 300))}`);
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/, 2) as [string, string]));
  const body = text.slice(end + 4);
  const length = headers.get('content-length');
  const own = length === null ? body : Buffer.from(body).subarray(0, Number(length)).toString();
  return {
    status: Number(status),
    headers,
    body: headers.get('content-type')?.includes('json') ? JSON.parse(own) : own,
  };
}
