/** How long a client waits, one request after the other on an idle server. */
import { KEY } from './processes.ts';
import { percentile } from './statistics.ts';

const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };

/** From sending the submit until the client has been told of `status`, by an answer held back with `?wait`. */
export async function measureLatency(
  address: string,
  status: 'in_progress' | 'completed',
  count: number,
  model = 'google/nano-banana-2/text-to-image',
): Promise<{ p50Ms: number; p99Ms: number }> {
  const measured: number[] = [];
  for (let index = -10; index < count; index++) {
    const startedAt = performance.now();
    const { request_id } = await post(`${address}/v1/models/${model}`, {
      prompt: `A lighthouse by the sea, ${index}`,
    });
    await until(address, request_id, (now) => now === status || now === 'completed');
    // The first ones warm the server up.
    if (index >= 0) measured.push(performance.now() - startedAt);
    await until(address, request_id, (now) => now === 'completed');
  }
  return { p50Ms: percentile(measured, 0.5), p99Ms: percentile(measured, 0.99) };
}

async function post(url: string, body: unknown): Promise<{ request_id: string }> {
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as { request_id: string };
}

async function until(
  address: string,
  requestId: string,
  reached: (status: string) => boolean,
): Promise<void> {
  // The first look must not wait, and the others say what they know: else they would wait for the change after the one
  // that has just happened.
  let known: string | undefined;
  for (;;) {
    const response = await fetch(`${address}/v1/requests/${requestId}/status${known ? '?wait=20' : ''}`, {
      headers: { ...headers, ...(known && { 'if-none-match': known }) },
    });
    known = response.headers.get('etag') ?? undefined;
    if (response.status === 304) continue;
    const { status } = (await response.json()) as { status: string };
    if (reached(status)) return;
  }
}
