/** An event of a request, as webhooks and the account's event stream tell it: the result body as it was then. */
import type { RequestEvent } from '../requests/events.ts';
import type { Outcome } from '../requests/read-result.ts';
import type { Render } from '../webhooks/compose.ts';
import { outputUrls, resultBody } from './result-body.ts';

export const eventBody: Render = (event, request, baseUrl) => {
  const isEnd = event.type !== 'request.in_progress' && event.type !== 'request.output';
  const then = isEnd ? request : asItWas(event, request);
  // The bytes of a synchronous request are in its result alone: there they are forgotten once they were fetched.
  const urls = then.sync_mode ? [] : outputUrls(then, baseUrl);
  return {
    type: event.type,
    timestamp: event.occurred_at,
    data: resultBody(then, baseUrl, urls, { includeCost: isEnd }),
  };
};

/** While it ran: with the outputs the event is about, and nothing that is only known at the end. */
const asItWas = ({ type, round, done }: RequestEvent, request: Outcome): Outcome => ({
  ...request,
  state: 'running',
  done: done ?? 0,
  fraction: null,
  ended_at: null,
  failure: null,
  backend: null,
  adjustments: null,
  warnings: request.warnings?.filter(({ error }) => error === undefined) ?? null,
  outputs: type === 'request.output' ? request.outputs.filter((file) => file.round === round) : [],
});
