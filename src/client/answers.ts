/** What comes back from a call. */
import { type APIError, type ErrorAnswer, errorOfStatus, type Violation } from './errors.ts';
import { readRetryAfter } from './retry.ts';

/** The JSON of an answer; undefined where there is none. @throws when it is something else. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`its answer is no JSON but ${JSON.stringify(text.slice(0, 80))}`);
  }
}

/** What a refusal says, as far as it says it in our words. */
export async function readError(response: Response): Promise<APIError> {
  const body = parseObject(await response.text());
  const retryAfter = readRetryAfter(response.headers.get('retry-after'));
  const { error_code, error_name, message, detail } = body;
  const requestId = body.request_id ?? response.headers.get('x-request-id') ?? undefined;
  const answer: ErrorAnswer = {
    status: response.status,
    ...(typeof error_code === 'number' && { code: error_code }),
    ...(typeof error_name === 'string' && { errorName: error_name }),
    ...(Array.isArray(detail) && { detail: detail.filter(isViolation) }),
    ...(typeof requestId === 'string' && { requestId }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
  if (response.status < 400) return errorOfStatus(redirected(response), answer);
  const said = [message, detail].find((text) => typeof text === 'string' && text !== '');
  return errorOfStatus(
    (said as string) ?? `The server answered ${response.status} without saying why.`,
    answer,
  );
}

const isViolation = (value: Partial<Violation> | null): value is Violation =>
  Array.isArray(value?.loc) && typeof value.msg === 'string';

/** Browsers do not say where to. */
const redirected = ({ headers }: Response): string =>
  `The server sends calls on to ${headers.get('location') ?? 'another address'}: make that the baseUrl.`;

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Why there was no answer. fetch says "fetch failed"; what happened is in its cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || String(error);
}
