/** An attempt in the trace of the request that it tells of. */
import type { Tracing } from '../tracing/tracing.ts';
import type { Outcome } from './attempt.ts';
import type { DueDelivery } from './take.ts';

/**
 * @param trace of the request, where it is traced
 * @param post gets the headers by which the receiver can go on with the trace
 */
export async function traceAttempt(
  tracing: Tracing,
  trace: string | null,
  delivery: DueDelivery,
  post: (headers: Record<string, string>) => Promise<Outcome>,
): Promise<Outcome> {
  if (trace === null) return post({});
  // Paths and queries of receivers have secrets in them: the host says enough.
  const { hostname, port, protocol } = new URL(delivery.url);
  const span = tracing.resume('webhook', trace, {
    kind: 'client',
    attributes: {
      'http.request.method': 'POST',
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
      'darkroom.request_id': delivery.request_id ?? undefined,
      'darkroom.webhook.event': delivery.type,
      'darkroom.webhook.delivery_id': delivery.id,
      'darkroom.attempt': delivery.tries + 1,
    },
  });
  try {
    const outcome = await post(span.headers);
    span.set({
      'http.response.status_code': outcome.status ?? undefined,
      'darkroom.outcome': outcome.verdict,
    });
    if (outcome.verdict !== 'delivered') span.fail(String(outcome.status ?? 'unreachable'));
    return outcome;
  } catch (error) {
    // It is made again, and nobody knows whether it arrived.
    span.set({ 'darkroom.outcome': 'broken_off' });
    throw error;
  } finally {
    span.end();
  }
}
