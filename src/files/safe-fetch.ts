/**
 * Fetches what a caller named by URL without being turned against the network we stand in. Every connection goes to an
 * address that was checked for that connection: there is no second lookup that could answer differently.
 */
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import { type AllowedHosts, parseAllowedHosts, plainHostname } from './allowed-hosts.ts';
import { InputError, tooManyBytes } from './input-error.ts';
import { isPublicAddress } from './public-address.ts';
import { whyUnreachable } from './unreachable.ts';

export interface ResolvedAddress {
  address: string;
  family: number;
}

export interface SafeFetchOptions {
  /** Hosts, `host:port`, addresses or CIDRs that may be used although private, and over http. */
  allowInputHosts: readonly string[];
  /** Of a fetch that names no time of its own. */
  timeoutMs?: number;
  /** Every address of a host name; the system's resolver unless a test brings its own. */
  resolve?: (hostname: string) => Promise<ResolvedAddress[]>;
}

interface FetchLimits {
  maxBytes: number;
  /** For everything together: redirects, waiting and the body. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface FetchedBytes {
  bytes: Buffer;
  /** What the server claims, never to be trusted. */
  contentType: string | undefined;
  finalUrl: string;
}

interface PostAnswer {
  status: number;
  retryAfter: string | undefined;
  /** At most `maxBytes` of the answer; fewer where the rest did not come in time. */
  bytes: Buffer;
}

export interface SafeFetch {
  /** Refuses what can be refused without a connection or a look-up. @throws {InputError}. */
  check(url: string): void;
  /** @throws {InputError}; the signal's reason. */
  fetchBytes(url: string, options: FetchLimits & { maxRedirects?: number }): Promise<FetchedBytes>;
  /** Sends `body` and gives any answer; redirects are not followed. @throws as `fetchBytes`. */
  post(
    url: string,
    options: FetchLimits & { body: string | Buffer; headers?: Record<string, string> },
  ): Promise<PostAnswer>;
}

interface Sent {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** @throws an Error naming what in `allowInputHosts` cannot be read. */
export function createSafeFetch({
  allowInputHosts,
  timeoutMs: usualTimeoutMs = DEFAULT_TIMEOUT_MS,
  resolve = resolveBySystem,
}: SafeFetchOptions): SafeFetch {
  const allowed = parseAllowedHosts(allowInputHosts);

  /** One request on a connection of its own, which is gone when `use` has what it wants. */
  async function exchange<T>(
    url: URL,
    sent: Sent,
    signal: AbortSignal,
    use: (response: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    // Loaded with the first address that is fetched.
    const { Client } = await import('undici');
    signal.throwIfAborted();
    checkUrl(url, allowed);
    const client = new Client(url.origin, {
      allowH2: false,
      pipelining: 0,
      connect: { lookup: checkedLookup(url, allowed, resolve) },
    });
    // A request notices its own signal only once it is connected; destroying the client ends it at any time.
    const end = () => void client.destroy().catch(() => {});
    signal.addEventListener('abort', end, { once: true });
    try {
      const response = await client.request({
        method: sent.method,
        path: url.pathname + url.search,
        headers: { 'user-agent': 'darkroom', accept: '*/*', 'accept-encoding': 'identity', ...sent.headers },
        body: sent.body ?? null,
      });
      // Destroying the client makes an unread body end in an error nobody waits for.
      response.body.on('error', () => {});
      return await use(response);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  async function follow(
    url: URL,
    maxRedirects: number,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<FetchedBytes> {
    let current = url;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const from = current;
      const answer = await exchange(from, { method: 'GET' }, signal, async (response) =>
        REDIRECTS.has(response.statusCode)
          ? redirectTarget(response, from)
          : { ...(await readImage(response, maxBytes)), finalUrl: from.href },
      );
      if (!(answer instanceof URL)) return answer;
      current = answer;
    }
    throw new InputError('unreachable', `redirected more than ${maxRedirects} times`);
  }

  return {
    check(url) {
      checkUrl(parseUrl(url), allowed);
    },
    fetchBytes(url, { maxBytes, timeoutMs = usualTimeoutMs, signal, maxRedirects = DEFAULT_MAX_REDIRECTS }) {
      return withinTime(timeoutMs, signal, (ends) => follow(parseUrl(url), maxRedirects, maxBytes, ends));
    },
    post(url, { body, headers = {}, maxBytes, timeoutMs = usualTimeoutMs, signal }) {
      return withinTime(timeoutMs, signal, (ends) =>
        exchange(parseUrl(url), { method: 'POST', body, headers }, ends, async (response) => ({
          status: response.statusCode,
          retryAfter: headerOf(response.headers, 'retry-after'),
          bytes: await readWhatComes(response, maxBytes),
        })),
      );
    },
  };
}

function parseUrl(url: string): URL {
  const parsed = URL.parse(url);
  if (!parsed) throw new InputError('invalid', 'is not a URL');
  return parsed;
}

/** What can be refused before any connection, literal addresses among it: those are never looked up. */
function checkUrl(url: URL, allowed: AllowedHosts): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new InputError('invalid', 'is not an https URL');
  if (url.username !== '' || url.password !== '') {
    throw new InputError('invalid', 'has a user name or password in it, which is not accepted');
  }
  const hostname = plainHostname(url.hostname);
  if (isIP(hostname) !== 0) checkAddress(hostname, url, allowed);
  const port = portOf(url);
  if (url.protocol === 'http:' && !allowed.allowsHost(hostname, port) && !allowed.allowsSomeAddress(port)) {
    throw notHttps();
  }
}

function checkAddress(address: string, url: URL, allowed: AllowedHosts): void {
  const port = portOf(url);
  if (allowed.allowsHost(url.hostname, port) || allowed.allowsAddress(address, port)) return;
  // The address first: how to reach a place that is refused anyway would be the wrong advice.
  if (!isPublicAddress(address)) throw new InputError('unreachable', "the host's address is not public");
  if (url.protocol !== 'https:') throw notHttps();
}

function notHttps(): InputError {
  return new InputError('invalid', 'must start with https://');
}

/** Looks a host up for one connection and lets it go on only if every one of the answers may be used. */
function checkedLookup(
  url: URL,
  allowed: AllowedHosts,
  resolve: (hostname: string) => Promise<ResolvedAddress[]>,
): LookupFunction {
  async function checkedAddresses(hostname: string): Promise<ResolvedAddress[]> {
    const addresses = await resolve(hostname);
    if (addresses.length === 0) throw new InputError('unreachable', 'the host has no address');
    for (const { address } of addresses) checkAddress(address, url, allowed);
    return addresses;
  }
  return (hostname, options, callback) => {
    checkedAddresses(hostname).then(
      (addresses) => {
        const first = addresses[0]!;
        if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}

function resolveBySystem(hostname: string): Promise<ResolvedAddress[]> {
  return lookup(hostname, { all: true });
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

function redirectTarget({ headers }: Dispatcher.ResponseData, from: URL): URL {
  const location = headerOf(headers, 'location');
  const target = location === undefined ? null : URL.parse(location, from.href);
  if (!target) throw new InputError('unreachable', 'redirected to nowhere');
  return target;
}

async function readImage(response: Dispatcher.ResponseData, maxBytes: number) {
  if (response.statusCode !== 200) throw new InputError('unreachable', `answered ${response.statusCode}`);
  const encoding = headerOf(response.headers, 'content-encoding') ?? 'identity';
  // Asked for plain bytes; unpacking what comes regardless would let a few bytes become gigabytes.
  if (encoding.toLowerCase() !== 'identity')
    throw new InputError('invalid', 'was sent compressed, which is not accepted');
  if (Number(headerOf(response.headers, 'content-length')) > maxBytes) throw tooManyBytes(maxBytes);
  const { bytes, cut } = await readUpTo(response, maxBytes);
  if (cut) throw tooManyBytes(maxBytes);
  return { bytes, contentType: headerOf(response.headers, 'content-type') };
}

async function readUpTo(
  { body }: Dispatcher.ResponseData,
  maxBytes: number,
  chunks: Buffer[] = [],
): Promise<{ bytes: Buffer; cut: boolean }> {
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const room = maxBytes - bytes;
    chunks.push(chunk.subarray(0, room));
    if (chunk.length > room) return { bytes: Buffer.concat(chunks), cut: true };
    bytes += chunk.length;
  }
  return { bytes: Buffer.concat(chunks, bytes), cut: false };
}

/** For an answer whose status has said it all: a body that breaks off or never ends changes nothing. */
async function readWhatComes(response: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await readUpTo(response, maxBytes, chunks).catch(() => {});
  return Buffer.concat(chunks);
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Runs `work` and gives whatever goes wrong the caller's words, the end of the time among it. */
async function withinTime<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (ends: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ends = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    return await work(ends);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted)
      throw new InputError('unreachable', `took longer than ${timeoutMs / 1000} s`, { cause: error });
    throw whyUnreachable(error);
  }
}
