/** Spans of calls: of every submit, and of other calls that a caller's trace comes with. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiError } from '../errors.ts';
import type { Span } from '../tracing/span.ts';
import type { ApiContext } from './context.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a call of this path is traced although no trace comes with it: it begins one. */
    beginsTrace?: (path: string) => boolean;
  }
  interface FastifyRequest {
    /** Where it is traced. */
    span: Span | null;
  }
}

/**
 * After the hooks that refuse strangers, so that those leave no spans. Reads are never traced: who waits for a request asks
 * many times, and would not find the rest among that.
 */
export function traceCalls(server: FastifyInstance, { tracing }: Pick<ApiContext, 'tracing'>): void {
  server.decorateRequest('span', null);
  if (!tracing.on) return;
  server.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0]!;
    if (isTraced(request, path)) {
      const span = tracing.receive(`${request.method} ${request.routeOptions.url}`, request.headers, {
        kind: 'server',
        startedAt: new Date(Date.now() - reply.elapsedTime),
        attributes: describe(request, path),
      });
      request.span = span;
      // Also where the caller did not wait for the answer.
      reply.raw.once('close', () => {
        if (reply.raw.writableFinished) span.set({ 'http.response.status_code': reply.statusCode });
        else span.set({ 'darkroom.outcome': 'client_closed' });
        span.end();
      });
    }
    done();
  });
}

/** What a call did wrong is told in its span; the call has failed only where that is our doing. */
export function traceFailure({ span }: FastifyRequest, { status, errorCode, name }: ApiError): void {
  span?.set({ 'darkroom.error_code': errorCode, 'darkroom.error_name': name });
  if (status >= 500) span?.fail(String(errorCode));
}

function isTraced({ method, headers, routeOptions }: FastifyRequest, path: string): boolean {
  const { scope, beginsTrace } = routeOptions.config;
  if (beginsTrace?.(path)) return true;
  return scope !== undefined && headers.traceparent !== undefined && !READS.has(method);
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** By OpenTelemetry's names for HTTP; the query is left out, where some put a key. */
const describe = (request: FastifyRequest, path: string) => ({
  'http.request.method': request.method,
  'http.route': request.routeOptions.url,
  'url.path': path,
  'url.scheme': request.protocol,
  'server.address': request.hostname,
  'network.protocol.version': request.raw.httpVersion,
  'darkroom.account_id': request.identity.accountId,
});
