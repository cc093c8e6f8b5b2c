/** A host of images that behaves as badly as hosts do: each path is one way. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface BadHost extends AsyncDisposable {
  /** `address:port` */
  host: string;
  port: number;
  /** Paths that were asked for, in order. */
  asked: string[];
  /** Connections that are open now. */
  open(): number;
  /** Connections there have been. */
  connections(): number;
}

export const sends =
  (bytes: Buffer | string, type = 'image/png'): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(bytes) }).end(bytes);

export const redirects =
  (location: string, status = 302): Answer =>
  (response) =>
    response.writeHead(status, { location }).end();

/** Sends `chunk` every `everyMs` until the other side leaves. */
export const drips =
  (chunk: Buffer, everyMs: number): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'image/png' });
    const timer = setInterval(() => response.write(chunk), everyMs);
    response.on('close', () => clearInterval(timer));
  };

/** Sends zeros as fast as they are taken, for ever. */
export const endless: Answer = (response) => {
  const zeros = Buffer.alloc(256 * 1024);
  response.writeHead(200, { 'content-type': 'image/png' });
  const go = (): void => {
    while (!response.destroyed && response.write(zeros));
  };
  response.on('drain', go);
  go();
};

/** Answers each path by `answers`, any other with 404. */
export async function startBadHost(
  answers: Record<string, Answer>,
  address = '127.0.0.1',
  port = 0,
): Promise<BadHost> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    response.on('error', () => {});
    const path = request.url ?? '';
    asked.push(path);
    const answer = answers[path.split('?')[0]!];
    if (answer) answer(response, request);
    else response.writeHead(404).end('nothing here');
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const taken = (server.address() as AddressInfo).port;
  return {
    host: `${address}:${taken}`,
    port: taken,
    asked,
    open: () => sockets.size,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
