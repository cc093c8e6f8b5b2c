/** Calls of a server that the operator configured: bounded in time and size, every failure with a name. */
import { BackendError } from '../backend.ts';
import type { Answer } from './answer.ts';
import { refusal } from './refusal.ts';

export interface ApiOptions {
  /** With the version, as OpenAI's own clients take it: `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey: string | undefined;
  /** One call, from the first byte sent to the last one read. */
  timeoutMs: number;
  maxAnswerBytes: number;
  /** The first wait between two looks at the same thing; later ones are longer. */
  firstWaitMs: number;
}

interface Sent {
  method: 'GET' | 'POST';
  body?: string | Buffer;
  contentType?: string;
  signal: AbortSignal;
  /** Less than usual. */
  timeoutMs?: number;
  /** False where the URL is not the configured server's. */
  authorised?: boolean;
}

export interface Api {
  readonly baseUrl: string;
  readonly firstWaitMs: number;
  /** Any answer. @throws {BackendError} for none. */
  ask(url: string, sent: Sent): Promise<Answer>;
  /** The parsed answer. @throws {BackendError} for any that is no success, and for none. */
  call(url: string, sent: Sent): Promise<unknown>;
  /** The bytes of a successful answer. @throws as `call`. */
  fetchBytes(url: string, sent: Omit<Sent, 'method' | 'body'>): Promise<Buffer>;
}

/** An error's body is read for what it says, which is never this long. */
const MAX_ERROR_BYTES = 256 * 1024;

export function createApi(options: ApiOptions): Api {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');

  async function exchange(url: string, sent: Sent): Promise<Omit<Answer, 'body'> & { bytes: Buffer }> {
    const { body, contentType, authorised = true, timeoutMs = options.timeoutMs } = sent;
    const headers = {
      'user-agent': 'darkroom',
      accept: '*/*',
      // Unpacking what comes would let a few bytes become gigabytes.
      'accept-encoding': 'identity',
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(authorised && options.apiKey !== undefined && { authorization: `Bearer ${options.apiKey}` }),
    };
    return await withinTime(timeoutMs, sent.signal, async (signal, progress) => {
      const { request } = await import('undici');
      const response = await request(url, {
        method: sent.method,
        headers,
        body: body ?? null,
        signal,
        // A picture takes minutes at times; the whole call has its own end.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      // A body nobody reads on ends in an error nobody waits for.
      response.body.on('error', () => {});
      const status = response.statusCode;
      const whole = succeeded({ status });
      if (whole && sent.method === 'POST') progress.worked = true;
      const bytes = whole
        ? await readWhole(response.body, options.maxAnswerBytes)
        : await readSome(response.body, MAX_ERROR_BYTES);
      return { status, headers: response.headers, bytes };
    });
  }

  async function ask(url: string, sent: Sent): Promise<Answer> {
    const { bytes, ...answer } = await exchange(url, sent);
    return { ...answer, body: parseJson(bytes) };
  }

  return {
    baseUrl,
    firstWaitMs: options.firstWaitMs,
    ask,
    async call(url, sent) {
      const answer = await ask(url, sent);
      if (!succeeded(answer)) throw refusal(answer, Date.now());
      if (answer.body === undefined) throw unreadable(sent);
      return answer.body;
    },
    async fetchBytes(url, sent) {
      const { bytes, ...answer } = await exchange(url, { ...sent, method: 'GET' });
      if (!succeeded(answer)) throw refusal({ ...answer, body: undefined }, Date.now());
      return bytes;
    },
  };
}

export const succeeded = ({ status }: Pick<Answer, 'status'>): boolean => status >= 200 && status < 300;

const unreadable = ({ method }: Pick<Sent, 'method'>): BackendError =>
  new BackendError('unavailable', 'The image service answered with something unreadable.', {
    spent: method === 'POST',
  });

/** @throws TooLarge */
async function readWhole(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop destroys the connection.
    if (bytes > maxBytes) throw new TooLarge(`more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

class TooLarge extends Error {}

/** As much as comes, up to `maxBytes`: the status has said what counts. */
async function readSome(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch {
    // Lost on its way.
  }
  return Buffer.concat(chunks, bytes);
}

/** Runs `work` and gives whatever goes wrong a kind. */
async function withinTime<T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal, progress: { worked: boolean }) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([outer, timeout]);
  const progress = { worked: false };
  // A request that still connects does not notice its signal.
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work(signal, progress), aborted]);
  } catch (error) {
    throw failure(error, { stopped: outer.aborted, late: timeout.aborted, spent: progress.worked });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function failure(
  cause: unknown,
  { stopped, late, spent }: { stopped: boolean; late: boolean; spent: boolean },
) {
  if (stopped) return new BackendError('cancelled', 'The call was stopped.', { cause });
  if (late) return new BackendError('timeout', 'The image service took too long.', { cause });
  const message =
    cause instanceof TooLarge
      ? 'The image service sent more than is accepted.'
      : 'The connection to the image service was lost.';
  return new BackendError('unavailable', message, { spent, cause });
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
