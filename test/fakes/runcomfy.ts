/**
 * RunComfy's own host on loopback: the calls that its pages, its documentation and its recorded answers show, exactly as
 * they show them, and nothing that is Darkroom's own. It knows no idempotency key: each submit is another request.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface FakeRequest {
  id: string;
  model: string;
  input: Record<string, unknown>;
  /** Times its status was asked. */
  looks: number;
  cancelled: boolean;
}

export interface RunComfyFake extends AsyncDisposable {
  url: string;
  /** Everything submitted, oldest first: each is paid for. */
  requests: FakeRequest[];
  /** Calls as `METHOD /path?query`, with what came in headers that its pages do not show. */
  calls: { line: string; unknownHeaders: string[] }[];
  /** The next submits are done and then their connection breaks. */
  loseAnswers: number;
  /** The next submits are refused with this. */
  refuseWith: { status: number; times: number } | undefined;
}

/** Looks at the status until it is another one. */
const LOOKS_IN_QUEUE = 2;
const LOOKS_IN_PROGRESS = 2;

const KNOWN_HEADERS = new Set([
  ...['host', 'connection', 'accept', 'accept-language', 'accept-encoding', 'user-agent', 'sec-fetch-mode'],
  ...['content-type', 'content-length', 'authorization'],
]);

export async function startRunComfy(): Promise<RunComfyFake> {
  const server = createServer(async (call, answer) => {
    const unknownHeaders = Object.keys(call.headers).filter((name) => !KNOWN_HEADERS.has(name));
    fake.calls.push({ line: `${call.method} ${call.url}`, unknownHeaders });
    const { status, body, lost } = respond(fake, call, await bodyOf(call));
    if (lost) return void call.socket.resetAndDestroy();
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: RunComfyFake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    calls: [],
    loseAnswers: 0,
    refuseWith: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return fake;
}

interface Reply {
  status: number;
  body: unknown;
  lost?: boolean;
}

const error = (status: number, error_code: number, error_name: string, message: string): Reply => ({
  status,
  body: { error_code, error_name, message, request_id: 'b4a1c0de-0000-4000-8000-000000000000' },
});

function respond(fake: RunComfyFake, { method, headers, url = '' }: IncomingMessage, body: string): Reply {
  if (headers.authorization !== 'Bearer rc_key')
    return error(401, 400004, 'UserAccountError', 'Invalid token.');
  const [path = ''] = url.split('?');
  const [, , kind, id, action] = path.split('/');
  if (method === 'POST' && kind === 'models') return submit(fake, path.slice('/v1/models/'.length), body);
  const request = kind === 'requests' ? fake.requests.find((each) => each.id === id) : undefined;
  if (request && method === 'GET' && action === 'status') return status(fake, request);
  if (request && method === 'GET' && action === 'result') return result(request);
  if (request && method === 'POST' && action === 'cancel') return cancel(request);
  return error(404, 404001, 'ResourceNotFound', 'Not found.');
}

/** Those of its pages that are captured. */
const MODELS = [
  'google/nano-banana-2/text-to-image',
  'google/nano-banana-2/edit',
  'google/nano-banana/text-to-image',
  'google/nano-banana/pro/edit',
];

function submit(fake: RunComfyFake, model: string, body: string): Reply {
  if (!MODELS.includes(model)) return error(404, 404001, 'ResourceNotFound', 'No such model.');
  if (fake.refuseWith && fake.refuseWith.times-- > 0)
    return error(fake.refuseWith.status, fake.refuseWith.status * 1000 + 1, 'Busy', 'Not now.');
  const input = JSON.parse(body);
  if (typeof input.prompt !== 'string') return error(422, 422001, 'ValidationError', 'prompt is required');
  const id = crypto.randomUUID();
  fake.requests.push({ id, model, input, looks: 0, cancelled: false });
  return { status: 200, body: { request_id: id, ...urls(fake, id) }, lost: fake.loseAnswers-- > 0 };
}

const urls = (fake: RunComfyFake, id: string) => ({
  status_url: `${fake.url}/v1/requests/${id}/status`,
  result_url: `${fake.url}/v1/requests/${id}/result`,
  cancel_url: `${fake.url}/v1/requests/${id}/cancel`,
});

function stateOf({ cancelled, looks }: FakeRequest): 'in_queue' | 'in_progress' | 'completed' | 'cancelled' {
  if (cancelled) return 'cancelled';
  if (looks <= LOOKS_IN_QUEUE) return 'in_queue';
  return looks <= LOOKS_IN_QUEUE + LOOKS_IN_PROGRESS ? 'in_progress' : 'completed';
}

function status(fake: RunComfyFake, request: FakeRequest): Reply {
  request.looks++;
  const state = stateOf(request);
  const { status_url, result_url } = urls(fake, request.id);
  const position = state === 'in_queue' ? { queue_position: LOOKS_IN_QUEUE - request.looks } : {};
  return {
    status: 200,
    body: { request_id: request.id, status: state, ...position, status_url, result_url },
  };
}

const CREATED_AT = '2025-12-14T08:38:35.556806+00:00';
const FINISHED_AT = '2025-12-14T08:38:59.140242+00:00';

function result({ id, input, ...request }: FakeRequest): Reply {
  const state = stateOf({ id, input, ...request });
  const common = { request_id: id, created_at: CREATED_AT };
  if (state !== 'completed') return { status: 200, body: { ...common, status: state } };
  const finished_at = FINISHED_AT;
  if (/fail/.test(String(input.prompt)))
    return {
      status: 200,
      body: { ...common, status: 'failed', error: { code: 'x', message: 'It failed.' }, finished_at },
    };
  const image = `https://playgrounds-storage-public.example/${id}.png`;
  return { status: 200, body: { ...common, status: 'completed', output: { image }, finished_at } };
}

function cancel(request: FakeRequest): Reply {
  const before = stateOf(request);
  if (before === 'in_queue') request.cancelled = true;
  const outcome = before === 'in_queue' || before === 'cancelled' ? 'cancelled' : 'not_cancellable';
  return { status: 202, body: { request_id: request.id, status: stateOf(request), outcome } };
}

async function bodyOf(call: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of call.setEncoding('utf8')) body += chunk;
  return body;
}
