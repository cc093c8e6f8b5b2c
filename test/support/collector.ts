/** An OpenTelemetry collector: remembers the spans that it is sent, and answers as a test wants. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ReceivedSpan, readTraces } from './otlp.ts';

export interface Collector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: ReceivedSpan[];
  /** As they came, and their headers. */
  calls: { headers: IncomingHttpHeaders; body: Buffer }[];
  answer: number | 'hang';
  /** Resolves with the spans of one trace once `accept` says that it is there. */
  untilTrace(traceId: string, accept: (spans: ReceivedSpan[]) => boolean): Promise<ReceivedSpan[]>;
  /** Resolves once somebody has called. */
  called: Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const looks = new Set<() => void>();
  const called = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    collector.calls.push({ headers: request.headers, body });
    const isRight =
      request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    called.resolve();
    if (collector.answer === 'hang') return;
    if (isRight && collector.answer === 200) collector.spans.push(...readTraces(body));
    answerWith(response, isRight ? collector.answer : 404);
    for (const look of [...looks]) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    calls: [],
    answer: 200,
    called: called.promise,
    untilTrace: (traceId, accept) =>
      new Promise((resolve) => {
        const look = (): void => {
          const ofTrace = collector.spans.filter((span) => span.traceId === traceId);
          if (!accept(ofTrace)) return;
          looks.delete(look);
          resolve(ofTrace);
        };
        looks.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

const answerWith = (response: ServerResponse, status: number): void =>
  void response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
