/** A client as the documentation asks for it: repeats what was not answered, at any of the APIs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type CallOptions, call } from '../support/api.ts';

export interface Client {
  /**
   * Calls until there is an answer that is one: neither a broken connection nor a 409, 429 or 503.
   * @returns it, and how often there was none
   */
  call(key: string, path: string, options?: CallOptions): Promise<{ answer: Answer; unanswered: number }>;
}

/** Longer than a status is held, shorter than some processes stand still. */
const PATIENCE_MS = 12_000;
const PAUSE_MS = 150;

/**
 * @param surprised is told of answers that no client should get
 * @param until when nobody repeats anything any more
 */
export function createClient(
  apiUrls: readonly string[],
  surprised: (what: string) => void,
  until: AbortSignal,
): Client {
  let turn = 0;
  return {
    async call(key, path, options = {}) {
      for (let unanswered = 0; ; ) {
        until.throwIfAborted();
        const url = apiUrls[turn++ % apiUrls.length]!;
        const signal = AbortSignal.any([until, AbortSignal.timeout(PATIENCE_MS)]);
        // Broken, refused, or too late.
        const answer = await call({ url, key }, path, { ...options, signal }).catch(() => undefined);
        if (answer && answer.status < 500 && answer.status !== 409 && answer.status !== 429)
          return { answer, unanswered };
        if (answer && answer.status !== 503 && answer.status !== 409)
          surprised(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        // A conflict is about an earlier send, which counts already.
        if (answer?.status !== 409) unanswered++;
        await sleep(PAUSE_MS * (0.5 + Math.random()));
      }
    },
  };
}
