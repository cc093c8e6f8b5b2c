/** Calls that the SDK does not know: the browser's session, and the operator's endpoints. */
import { ConnectionError, errorOfStatus } from '../../client/index.ts';

/** Says which of the accounts that the browser is signed in to acts. */
export const ACCOUNT_HEADER = 'X-Darkroom-Account';

export interface ApiCall {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  json?: unknown;
  accountId?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** @throws {APIError} {ConnectionError} as the SDK does. */
export async function callApi<Answer>(path: string, call: ApiCall = {}): Promise<Answer> {
  const { method = 'GET', json, accountId, signal } = call;
  const response = await fetch(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(accountId !== undefined && { [ACCOUNT_HEADER]: accountId }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(signal && { signal }),
  }).catch((cause) => {
    if (signal?.aborted) throw signal.reason;
    throw new ConnectionError('The server does not answer.', { cause });
  });
  const body = await response.json().catch(() => undefined);
  if (response.ok) return body as Answer;
  const retryAfter = Number(response.headers.get('retry-after'));
  throw errorOfStatus(body?.message ?? `The server answered ${response.status}.`, {
    status: response.status,
    ...(body?.error_code !== undefined && { code: body.error_code }),
    ...(body?.error_name !== undefined && { errorName: body.error_name }),
    ...(Array.isArray(body?.detail) && { detail: body.detail }),
    ...(body?.request_id !== undefined && { requestId: body.request_id }),
    ...(retryAfter > 0 && { retryAfter }),
  });
}
