/** Calls of the API as a client would make them. */
import type { TestServer } from './server.ts';

export const TEXT_TO_IMAGE = 'google/nano-banana-2/text-to-image';
export const EDIT = 'google/nano-banana-2/edit';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they test.
  body: any;
}

export interface CallOptions {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  body?: RequestInit['body'];
  headers?: Record<string, string>;
  /** Instead of the server's first key; null sends none. */
  key?: string | null;
  signal?: AbortSignal;
  /** The body is given as the bytes that came. */
  binary?: boolean;
}

/** One HTTP call; JSON answers are parsed. */
export async function call(
  server: Pick<TestServer, 'url' | 'key'>,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const {
    method = options.json !== undefined || options.body !== undefined ? 'POST' : 'GET',
    key = server.key,
  } = options;
  const headers: Record<string, string> = {
    ...(key !== null && { authorization: `Bearer ${key}` }),
    ...(options.json !== undefined && { 'content-type': 'application/json' }),
    ...options.headers,
  };
  const body = options.json !== undefined ? JSON.stringify(options.json) : options.body;
  const response = await fetch(path.startsWith('http') ? path : server.url + path, {
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(options.signal && { signal: options.signal }),
    redirect: 'manual',
  });
  const { status } = response;
  if (options.binary && response.ok)
    return { status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
  return { status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** Submits and gives the id. @throws when it was refused. */
export async function submit(
  server: Pick<TestServer, 'url' | 'key'>,
  input: Record<string, unknown>,
  model = TEXT_TO_IMAGE,
  options: CallOptions = {},
): Promise<string> {
  const answer = await call(server, `/v1/models/${model}`, { ...options, json: input });
  if (answer.status !== 200)
    throw new Error(`submit answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.request_id;
}

/** Holds on until the request has ended, and gives its result. */
export async function resultOf(
  server: Pick<TestServer, 'url' | 'key'>,
  requestId: string,
  options: CallOptions = {},
): Promise<Answer['body']> {
  for (;;) {
    const { body, status } = await call(server, `/v1/requests/${requestId}/status?wait=20`, options);
    if (status !== 200) throw new Error(`status answered ${status}: ${JSON.stringify(body)}`);
    if (body.status === 'completed' || body.status === 'cancelled') break;
  }
  return (await call(server, `/v1/requests/${requestId}/result?include_cost=true`, options)).body;
}
