/** A proxy before a server on which calls and answers get lost as a test wants it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call as it arrived. */
export interface ProxiedCall {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string | undefined>;
  /** How many came before it with the same method and path, its query left out. */
  before: number;
}

export type Fault =
  /** The connection breaks before the server has seen the call. */
  | { kind: 'reset' }
  /** The server does it, and the connection breaks before its answer. */
  | { kind: 'lose' }
  /** After so many bytes of the answer. */
  | { kind: 'cut'; bytes: number }
  /** Answers by itself; the server sees nothing. */
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Passes the call on, and its answer only once the promise has settled. */
  | { kind: 'hold'; until: Promise<unknown> };

export interface FaultyProxy extends AsyncDisposable {
  url: string;
  calls: ProxiedCall[];
  /** Decides about each call; undefined lets it through. */
  fault: (call: ProxiedCall) => Fault | undefined;
  /** Breaks every connection that is open. */
  breakAll(): void;
  /** Of clients, that are open. */
  connections(): Promise<number>;
}

/** @param url of the server, without a path */
export async function startFaultyProxy(url: string): Promise<FaultyProxy> {
  const calls: ProxiedCall[] = [];
  const server = createServer((incoming, answer) => {
    const [path = ''] = (incoming.url ?? '').split('?');
    const call: ProxiedCall = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers as ProxiedCall['headers'],
      before: calls.filter((other) => other.method === incoming.method && other.path.split('?')[0] === path)
        .length,
    };
    calls.push(call);
    const fault = proxy.fault(call);
    if (fault?.kind === 'reset') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'answer') return refuse(incoming, answer, fault);
    pass(url, incoming, answer, fault);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault: () => undefined,
    breakAll: () => server.closeAllConnections(),
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

function refuse(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { status, headers, body }: Extract<Fault, { kind: 'answer' }>,
): void {
  incoming.resume();
  incoming.once('end', () => answer.writeHead(status, headers).end(body));
}

function pass(
  url: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
  fault: Fault | undefined,
): void {
  const onward = request(url + incoming.url, { method: incoming.method!, headers: incoming.headers });
  incoming.pipe(onward);
  answer.once('close', () => onward.destroy());
  onward.once('error', () => incoming.socket.destroy());
  onward.once('response', (response) => void passBack(response, answer, fault));
}

async function passBack(
  response: IncomingMessage,
  answer: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  if (fault?.kind === 'hold') await fault.until;
  if (fault?.kind === 'lose') return void answer.socket?.resetAndDestroy();
  answer.writeHead(response.statusCode!, response.headers);
  let left = fault?.kind === 'cut' ? fault.bytes : Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      answer.write(chunk.subarray(0, left));
      left -= chunk.length;
      // What was sent so far is to arrive.
      if (left <= 0) return void setImmediate(() => answer.socket?.destroySoon());
    }
    answer.end();
  } catch {
    // The client or the server has left.
    answer.destroy();
  }
}
