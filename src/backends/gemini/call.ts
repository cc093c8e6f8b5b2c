/** One call over HTTP, bounded in time and size. */
import { BackendError } from '../backend.ts';
import type { Access } from './access.ts';
import { AnswerTooLarge, readBounded } from './read-bounded.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallBounds {
  fetch: Fetch;
  /** For the whole call, token and body among it. */
  timeoutMs: number;
  maxAnswerBytes: number;
}

export interface Answer {
  status: number;
  /** Parsed; undefined where it is no JSON. */
  body: unknown;
  retryAfter: string | null;
}

const MAX_ERROR_BYTES = 1_000_000;

/**
 * Posts `json` where `access` says.
 * @throws {BackendError} where no whole answer came; whatever it says is an answer.
 */
export async function postJson(
  access: Access,
  upstreamModel: string,
  json: string,
  bounds: CallBounds,
  signal: AbortSignal,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(bounds.timeoutMs)));
  const either = AbortSignal.any([signal, timeout]);
  let began = false;
  try {
    const headers = await access.headers(either);
    const response = await bounds.fetch(access.generateUrl(upstreamModel), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: json,
      signal: either,
      // A redirect would take the key to another host.
      redirect: 'error',
    });
    began = response.ok;
    return await readAnswer(response, response.ok ? bounds.maxAnswerBytes : MAX_ERROR_BYTES);
  } catch (error) {
    if (error instanceof BackendError) throw error;
    if (signal.aborted) throw new BackendError('cancelled', 'The round was stopped.', { cause: error });
    if (timeout.aborted) {
      const seconds = Math.ceil(bounds.timeoutMs / 1000);
      throw new BackendError('timeout', `Gemini did not answer within ${seconds} s.`, { cause: error });
    }
    throw noAnswer(error, began);
  }
}

async function readAnswer(response: Response, maxBytes: number): Promise<Answer> {
  const bytes = await readBounded(response, maxBytes);
  const answer = { status: response.status, retryAfter: response.headers.get('retry-after') };
  try {
    return { ...answer, body: JSON.parse(bytes.toString('utf8')) };
  } catch (error) {
    if (!response.ok) return { ...answer, body: undefined };
    // Half an answer is one that was paid for; a page of a proxy is none.
    if (/^\s*[{[]/.test(bytes.toString('latin1', 0, 100))) throw error;
    throw new BackendError('unavailable', 'Something else than Gemini answered.', { cause: error });
  }
}

/** Once an answer has begun, the work was done and may be charged for: asking again would pay for it again. */
function noAnswer(error: unknown, began: boolean): BackendError {
  if (error instanceof AnswerTooLarge) {
    const megabytes = Math.round(error.maxBytes / 2 ** 20);
    return new BackendError(
      'no_output',
      `Gemini's answer was larger than the ${megabytes} MB that are taken.`,
      {
        cause: error,
        spent: began,
      },
    );
  }
  if (began) {
    return new BackendError('unavailable', "Gemini's answer broke off before it was whole.", {
      cause: error,
      spent: true,
    });
  }
  return new BackendError('unavailable', 'Gemini cannot be reached right now.', { cause: error });
}
