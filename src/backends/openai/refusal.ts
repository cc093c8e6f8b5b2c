/** What an error of the API means: which kind, and in which words for the caller. */
import { BackendError } from '../backend.ts';
import type { Answer } from './answer.ts';
import { retryAfterMs } from './retry-after.ts';

/** The parts of an error that say what it is. The message is for the operator: it may name keys, hosts and paths. */
interface Described {
  code: string | undefined;
  type: string | undefined;
  param: string | undefined;
  message: string | undefined;
}

const BLOCKED = new Set([
  'moderation_blocked',
  'content_policy_violation',
  'content_filter',
  'contentFilter',
]);
const NO_SUCH_MODEL = new Set(['model_not_found', 'unsupported_model', 'deployment_not_found']);
const QUOTA_SPENT = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'quota_exceeded',
]);

/** @param now milliseconds since 1970 */
export function refusal({ status, headers, body }: Answer, now: number): BackendError {
  const error = describe(body);
  const cause = new Error(`the API answered ${status}: ${forTheLog(status, error)}`);
  const says = (code: Set<string>) =>
    [error.code, error.type].some((word) => word !== undefined && code.has(word));
  const waitMs = retryAfterMs(headers, now);
  const later = { ...(waitMs !== undefined && { retryAfterMs: waitMs }), cause };

  if (says(QUOTA_SPENT) || status === 402)
    return new BackendError('rate_limited', 'The quota of the image service is spent.', {
      exhausted: true,
      cause,
    });
  if (says(BLOCKED) || (status === 400 && speaksOfSafety(error.message)))
    return new BackendError('content_blocked', blockedMessage(error), { cause });
  if (says(NO_SUCH_MODEL) || status === 404)
    return new BackendError('model_unavailable', 'The image service does not have this model.', { cause });
  if (status === 401 || status === 403)
    return new BackendError('auth', 'The image service refused the credentials it was given.', { cause });
  if (status === 429)
    return new BackendError('rate_limited', 'The image service is over its rate limit.', later);
  // A conflict and a call that came too slowly are over as soon as they are told.
  if (status >= 500 || status === 408 || status === 409 || status === 425)
    return new BackendError('unavailable', 'The image service is not available.', later);
  if (status < 400)
    return new BackendError('unavailable', 'The image service answered with a redirect.', { cause });
  return new BackendError('invalid_request', rejectedMessage(error), { cause });
}

/** What is said of a refused key repeats the key. */
const forTheLog = (status: number, { message, code }: Described): string =>
  (status === 401 || status === 403 ? code : message)?.slice(0, 500) ?? 'without a message';

/** `{error: {…}}` of OpenAI, `{error: "…"}` of stable-diffusion.cpp, `{message}` and `{detail}` of others. */
function describe(body: unknown): Described {
  const outer = objectOf(body);
  const error = typeof outer.error === 'object' && outer.error !== null ? objectOf(outer.error) : outer;
  return {
    code: textOf(error.code),
    type: textOf(error.type),
    param: textOf(error.param),
    message: textOf(error.message) ?? textOf(outer.error) ?? textOf(outer.message) ?? textOf(outer.detail),
  };
}

/** Older answers have no code for it. */
const speaksOfSafety = (message: string | undefined): boolean =>
  /\bsafety system\b|\bcontent (policy|management policy)\b/i.test(message ?? '');

function blockedMessage({ message }: Described): string {
  const named = /safety_violations=\[([\w/, -]{1,200})\]/.exec(message ?? '')?.[1];
  return `The image service refused the content${named ? ` (${named})` : ''}.`;
}

/** Only words of the API's own vocabulary are shown: its sentences may hold anything. */
function rejectedMessage({ param, code }: Described): string {
  const words = [param, code].filter((word) => word !== undefined && /^[\w.[\]-]{1,60}$/.test(word));
  return `The image service rejected the request${words.length > 0 ? ` (${words.join(': ')})` : ''}.`;
}

export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
