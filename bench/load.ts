/**
 * One burst of load in a process of its own: options as JSON in, result as JSON out. Plain sockets and prepared bytes,
 * since it shares the cores with what it measures: a general HTTP client would take as much of them as the server.
 */
import { connect } from 'node:net';
import { percentile } from './statistics.ts';

export interface LoadOptions {
  url: string;
  headers: Record<string, string>;
  method: 'GET' | 'POST';
  /** Paths, taken at random. */
  paths: string[];
  body?: string;
  seconds: number;
  connections: number;
}

export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

const HEAD_END = '\r\n\r\n';

const options = JSON.parse(await new Response(process.stdin as never).text()) as LoadOptions;
const { hostname, port, host } = new URL(options.url);
const body = options.body ?? '';
const head = Object.entries({
  ...options.headers,
  host,
  ...(body && { 'content-length': String(Buffer.byteLength(body)) }),
})
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const requests = options.paths.map((path) => `${options.method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);

const latencies: number[] = [];
let failed = 0;
const startedAt = performance.now();
const untilMs = startedAt + options.seconds * 1000;
await Promise.all(Array.from({ length: options.connections }, converse));
const result: LoadResult = {
  perSecond: latencies.length / ((performance.now() - startedAt) / 1000),
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  failed,
};
process.stdout.write(JSON.stringify(result));

/** One connection: the next request goes out when the answer to the last is whole. */
function converse(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    let sentAt = 0;
    const send = (): void => {
      sentAt = performance.now();
      if (sentAt >= untilMs) {
        socket.end();
        resolve();
        return;
      }
      socket.write(requests[Math.floor(Math.random() * requests.length)]!, 'latin1');
    };
    socket.setNoDelay().setEncoding('latin1');
    socket.on('connect', send).on('error', reject);
    socket.on('close', () => {
      if (performance.now() < untilMs) failed++;
      resolve();
    });
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf(HEAD_END);
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(received);
      if (!length || received.length < end + HEAD_END.length + Number(length[1])) return;
      latencies.push(performance.now() - sentAt);
      if (!received.startsWith('HTTP/1.1 200')) failed++;
      received = '';
      send();
    });
  });
}
