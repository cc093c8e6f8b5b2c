/** Calls of a ComfyUI server: each bounded in time and size. The operator configured the address, so nothing else is checked. */
import type { Dispatcher } from 'undici';
import { BackendError } from '../backend.ts';

/** One ComfyUI server. */
export interface Server {
  /** Its address without credentials: what references and logs call it. */
  readonly name: string;
  /** Ends in `/`. */
  readonly base: URL;
  /** From the user and password of the configured address. */
  readonly authorization: string | undefined;
  /** Whether it has `/api/jobs`; undefined until it was asked. */
  hasJobs: boolean | undefined;
}

/** It gave no answer that can be used: it is down, too slow, or something else answers in its place. */
export class Unreachable extends Error {
  override name = 'Unreachable';

  /** Whether the call may have been acted on all the same. */
  get mayHaveArrived(): boolean {
    return !NEVER_ARRIVED.includes(String((this.cause as NodeJS.ErrnoException | undefined)?.code));
  }
}

const NEVER_ARRIVED = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** An answer was larger than its bound. */
export class AnswerTooLarge extends Unreachable {
  override name = 'AnswerTooLarge';
}

export interface CallOptions {
  signal: AbortSignal;
  timeoutMs: number;
  maxBytes?: number;
  /** Sent as JSON. */
  json?: unknown;
  body?: { bytes: Buffer; contentType: string };
}

export interface CallAnswer {
  status: number;
  bytes: Buffer;
}

/** Any JSON these servers answer with is smaller, long queues of large graphs included. */
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** @throws {TypeError} for what is no http(s) address. */
export function serverAt(address: string): Server {
  const base = new URL(address);
  if (base.protocol !== 'http:' && base.protocol !== 'https:') throw new TypeError('not an http(s) address');
  const credentials = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  base.username = '';
  base.password = '';
  base.search = '';
  base.hash = '';
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return {
    name: base.href,
    base,
    authorization: credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
    hasJobs: undefined,
  };
}

/**
 * One HTTP call, its answer read whole.
 * @throws {Unreachable} for no answer in time and for 5xx; {AnswerTooLarge}; {BackendError} for 401 and 403;
 *   the signal's reason.
 */
export async function call(
  server: Server,
  method: 'GET' | 'POST',
  path: string,
  options: CallOptions,
): Promise<CallAnswer> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const body = options.json === undefined ? options.body : jsonBody(options.json);
  try {
    const { request } = await import('undici');
    const response = await request(new URL(path, server.base), {
      method,
      signal,
      headers: {
        ...(server.authorization !== undefined && { authorization: server.authorization }),
        ...(body && { 'content-type': body.contentType }),
      },
      ...(body && { body: body.bytes }),
    });
    const bytes = await readBounded(response, options.maxBytes ?? MAX_JSON_BYTES);
    if (response.statusCode === 401 || response.statusCode === 403)
      throw new BackendError(
        'auth',
        'The server does not accept the credentials that are configured for it.',
      );
    if (response.statusCode < 500) return { status: response.statusCode, bytes };
    throw new Unreachable(`${method} ${path} answered ${response.statusCode}`);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof Unreachable || error instanceof BackendError) throw error;
    const { code, name, message } = error as NodeJS.ErrnoException;
    throw new Unreachable(
      `${method} ${path}: ${name === 'TimeoutError' ? 'no answer in time' : (code ?? message)}`,
      {
        cause: error,
      },
    );
  }
}

const jsonBody = (value: unknown): CallOptions['body'] => ({
  bytes: Buffer.from(JSON.stringify(value)),
  contentType: 'application/json',
});

async function readBounded(response: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.body.on('error', () => {}).destroy();
    throw new AnswerTooLarge(`more than ${maxBytes} bytes`);
  }
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of response.body) {
    total += (chunk as Buffer).length;
    // Leaving the loop destroys the body, and with it the connection.
    if (total > maxBytes) throw new AnswerTooLarge(`more than ${maxBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, total);
}

/** The answer's JSON; undefined where it is none. */
export function jsonOf({ bytes }: CallAnswer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The JSON of a 200. @throws {Unreachable} for any other answer, and as `call`. */
export async function getJson(server: Server, path: string, options: CallOptions): Promise<unknown> {
  const answer = await call(server, 'GET', path, options);
  const value = answer.status === 200 ? jsonOf(answer) : undefined;
  if (value === undefined)
    throw new Unreachable(`GET ${path} answered ${answer.status}, not what ComfyUI answers`);
  return value;
}
