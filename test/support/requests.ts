/** Requests in the state a test needs, and the forms of what is said about them. */
import { type CallOptions, call, submit, TEXT_TO_IMAGE } from './api.ts';
import type { TestServer } from './server.ts';

type Caller = Pick<TestServer, 'url' | 'key'>;

/** ISO 8601 with microseconds, in UTC. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Holds on until a request no longer waits in the queue. @returns its status then. */
export async function untilStarted(
  server: Caller,
  requestId: string,
  options: CallOptions = {},
): Promise<string> {
  // Without `wait` first: that would hold on until the end of one that has started already.
  for (let etag = '""'; ; ) {
    const headers = { ...options.headers, 'if-none-match': etag };
    const answer = await call(server, `/v1/requests/${requestId}/status?wait=20`, { ...options, headers });
    if (answer.status === 200 && answer.body.status !== 'in_queue') return answer.body.status;
    etag = answer.headers.get('etag') ?? etag;
  }
}

/** A request that runs until the server stops. @returns its id, once it runs. */
export async function submitEndless(server: Caller): Promise<string> {
  const id = await submit(server, { prompt: 'endless [[sandbox:hang]]' }, TEXT_TO_IMAGE);
  await untilStarted(server, id);
  return id;
}
