/** Whoever wanted to be told of an end was, of one end. */
import type { Broken } from './check.ts';
import type { Ledger } from './ledger.ts';

export function checkWebhooks(ledger: Ledger, broken: Broken): void {
  for (const what of ledger.stored.leftOvers) broken('nothing is left to do', what);
  const statuses = new Map(ledger.requests.map(({ id, status }) => [id, status]));
  const messages = Map.groupBy(ledger.webhooks, ({ requestId }) => requestId);
  for (const { item, requestId } of ledger.acknowledged) {
    if (!item.webhook) continue;
    const ids = new Set(messages.get(requestId)?.map(({ id }) => id));
    if (ids.size !== 1)
      broken('one message of one end', `${requestId} (${item.token}): ${[...ids].join(', ') || 'none came'}`);
  }
  for (const { id, requestId, type, status, verified } of ledger.webhooks) {
    if (!verified) broken('messages are signed, and of now', `${id} (${type})`);
    const end = statuses.get(requestId);
    if (type !== `request.${end}` || status !== end)
      broken('a message tells the end', `${id}: ${type}, ${status}, of a request that is ${end}`);
  }
}
