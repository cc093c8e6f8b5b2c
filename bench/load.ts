/**
 * One burst of load in a process of its own: options as JSON in, result as JSON out. Plain sockets and prepared bytes,
 * since it shares the cores with what it measures: a general HTTP client would take as much of them as the server.
 */
import { connect } from 'node:net';
import { percentile } from './statistics.ts';

export interface LoadOptions {
  /** Connections are spread over them. */
  urls: string[];
  headers: Record<string, string>;
  method: 'GET' | 'POST';
  /** Taken at random for `seconds`; or, `once`, each of them one time. */
  paths: string[];
  once?: boolean;
  /** `########` in it becomes the number of the call. */
  body?: string;
  seconds: number;
  connections: number;
}

export interface LoadResult {
  perSecond: number;
  calls: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
  /** Of the requests that were acknowledged, where it submitted. */
  requestIds: string[];
}

const HEAD_END = '\r\n\r\n';

const options = JSON.parse(await new Response(process.stdin as never).text()) as LoadOptions;
const body = options.body ?? '';
const head = Object.entries({
  ...options.headers,
  host: new URL(options.urls[0]!).host,
  ...(body && { 'content-length': String(Buffer.byteLength(body)) }),
})
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const requests = options.paths.map((path) => `${options.method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);

const NUMBER = '########';
const numbered = body.includes(NUMBER);
/** Before and after the number. */
const halves = requests.map((request) => request.split(NUMBER) as [string, string]);

const latencies: number[] = [];
const requestIds: string[] = [];
let sent = 0;
let failed = 0;
const startedAt = performance.now();
const untilMs = options.once ? Number.POSITIVE_INFINITY : startedAt + options.seconds * 1000;
const next = (): string | undefined => {
  const index = options.once ? sent : Math.floor(Math.random() * requests.length);
  sent++;
  if (!numbered || index >= requests.length) return requests[index];
  const [before, after] = halves[index]!;
  return before + String(sent).padStart(NUMBER.length, '0') + after;
};
await Promise.all(
  Array.from({ length: options.connections }, (_, index) =>
    converse(new URL(options.urls[index % options.urls.length]!)),
  ),
);
const result: LoadResult = {
  perSecond: latencies.length / ((performance.now() - startedAt) / 1000),
  calls: latencies.length,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  failed,
  requestIds,
};
process.stdout.write(JSON.stringify(result));

/** One connection: the next request goes out when the answer to the last is whole. */
function converse({ hostname, port }: URL): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = '';
    let sentAt = 0;
    let over = false;
    const send = (): void => {
      sentAt = performance.now();
      const request = sentAt < untilMs ? next() : undefined;
      if (request === undefined) {
        over = true;
        socket.end();
        resolve();
        return;
      }
      socket.write(request, 'latin1');
    };
    socket.setNoDelay().setEncoding('latin1');
    socket.on('connect', send);
    // A server that is killed: what follows counts it.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!over) failed++;
      resolve();
    });
    socket.on('data', (chunk: string) => {
      received += chunk;
      const end = received.indexOf(HEAD_END);
      if (end < 0) return;
      const length = lengthIn(received);
      if (length === undefined || received.length < end + HEAD_END.length + length) return;
      latencies.push(performance.now() - sentAt);
      if (!received.startsWith('HTTP/1.1 200')) failed++;
      else if (body) requestIds.push(textAfter(received, '"request_id":"', '"')!);
      received = '';
      send();
    });
  });
}

/** What stands in `text` between `start` and `end`: expressions would take longer to look. */
function textAfter(text: string, start: string, end: string): string | undefined {
  const at = text.indexOf(start);
  return at < 0 ? undefined : text.slice(at + start.length, text.indexOf(end, at + start.length));
}

function lengthIn(answer: string): number | undefined {
  const length = textAfter(answer, 'content-length: ', '\r') ?? textAfter(answer, 'Content-Length: ', '\r');
  return length === undefined ? undefined : Number(length);
}
