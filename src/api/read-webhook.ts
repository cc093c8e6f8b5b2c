/** The URLs that callers name to be told at. */
import type { Violation } from '../errors.ts';
import { InputError } from '../files/input-error.ts';
import type { RequestedWebhook } from '../requests/events.ts';
import { baseUrlOf } from './base-url.ts';
import type { Call } from './call.ts';
import type { ApiContext } from './context.ts';

type Context = Pick<ApiContext, 'config' | 'webhooks'>;

/** More than any browser or proxy is sure to take. */
const MAX_URL_CHARACTERS = 2048;

/** What is wrong with a URL to send webhooks to, or undefined. Where its name leads is looked at when it is used. */
export function webhookUrlViolation(
  { webhooks }: Context,
  url: string,
  loc: string[],
): Violation | undefined {
  if (url.length > MAX_URL_CHARACTERS)
    return { loc, msg: `must have at most ${MAX_URL_CHARACTERS} characters`, type: 'maxLength' };
  try {
    webhooks.check(url);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { loc, msg: describe(error), type: 'webhook_url' };
  }
}

const ALLOWING = '; whoever runs this server can allow it with DARKROOM_ALLOW_WEBHOOK_HOSTS';

function describe({ message }: InputError): string {
  if (message.startsWith('the host')) return `cannot be used: ${message}${ALLOWING}`;
  return message.includes('https:') ? message + ALLOWING : message;
}

/** As it is stored: without characters that a URL cannot have. */
export const normalUrl = (url: string): string => new URL(url).href;

/** `?webhook=` and `?webhook_intermediate_status=` of a submit, and all that is wrong with them. */
export function readWebhook(
  context: Context,
  request: Pick<Call, 'headers' | 'query'>,
): { webhook: RequestedWebhook | undefined; violations: Violation[] } {
  const { webhook: url, webhook_intermediate_status: intermediate } = request.query as Record<
    string,
    unknown
  >;
  if (url === undefined && intermediate === undefined) return { webhook: undefined, violations: [] };
  const violations = [urlViolation(context, url), flagViolation(intermediate, url)].filter(
    (one) => one !== undefined,
  );
  if (violations.length > 0 || typeof url !== 'string') return { webhook: undefined, violations };
  return {
    webhook: {
      url: normalUrl(url),
      origin: new URL(url).origin,
      intermediate: intermediate === 'true' || intermediate === '1',
      base_url: baseUrlOf(context.config, request),
    },
    violations,
  };
}

function urlViolation(context: Context, url: unknown): Violation | undefined {
  const loc = ['query', 'webhook'];
  if (url === undefined) return undefined;
  return typeof url === 'string'
    ? webhookUrlViolation(context, url, loc)
    : { loc, msg: 'must be given once', type: 'webhook_url' };
}

function flagViolation(flag: unknown, url: unknown): Violation | undefined {
  const loc = ['query', 'webhook_intermediate_status'];
  if (flag === undefined) return undefined;
  if (typeof flag !== 'string' || !/^(true|false|1|0)$/.test(flag))
    return { loc, msg: 'must be true or false', type: 'type' };
  return url === undefined ? { loc, msg: 'needs `webhook` beside it', type: 'dependentRequired' } : undefined;
}
