/**
 * The cookies of the web app: one for each account that a browser is signed in to, named after it, so that signing in to
 * a second account leaves the first alone. See docs/decisions/browser-sessions.md.
 */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyRequest } from 'fastify';
import { isToken } from '../accounts/sessions.ts';
import type { Config } from '../config/config.ts';
import { isUuid } from '../lib/ids.ts';
import { baseUrlOf } from './base-url.ts';

/** How many accounts a browser may be signed in to, and how many cookies are looked at. */
export const MAX_ACCOUNTS = 10;

/** Tokens by account. */
export type SessionCookies = ReadonlyMap<string, string>;
const NONE: SessionCookies = new Map();

/**
 * `__Host-` keeps other hosts and plain http from setting one. Without https browsers do not take that name; there the
 * port tells servers apart, which browsers themselves do not.
 */
function prefixOf(config: Config, request: FastifyRequest): { prefix: string; secure: boolean } {
  const baseUrl = baseUrlOf(config, request);
  if (baseUrl.startsWith('https:')) return { prefix: '__Host-darkroom-', secure: true };
  const port = /^http:\/\/[^/]*:(\d+)(?:\/|$)/.exec(baseUrl)?.[1] ?? '80';
  return { prefix: `darkroom-${port}-`, secure: false };
}

export function readSessionCookies(config: Config, request: FastifyRequest): SessionCookies {
  const header = request.headers.cookie;
  if (!header?.includes('darkroom-')) return NONE;
  const { prefix } = prefixOf(config, request);
  const found = Object.entries(parseCookie(header)).flatMap(([name, token = '']): [string, string][] => {
    const accountId = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    return isUuid(accountId) && isToken(token) ? [[accountId, token]] : [];
  });
  return new Map(found.slice(0, MAX_ACCOUNTS));
}

/** A `Set-Cookie` header. The browser forgets it with the session, at the latest. */
export function sessionCookie(
  config: Config,
  request: FastifyRequest,
  accountId: string,
  token: string,
): string {
  return writeCookie(config, request, accountId, token, Math.floor(config.sessionLifetimeMs / 1000));
}

/** A `Set-Cookie` header that takes one away. */
export const endedCookie = (config: Config, request: FastifyRequest, accountId: string): string =>
  writeCookie(config, request, accountId, '', 0);

function writeCookie(
  config: Config,
  request: FastifyRequest,
  accountId: string,
  value: string,
  maxAge: number,
): string {
  const { prefix, secure } = prefixOf(config, request);
  // Strict: no page of another site makes a browser send it, not even by a link. The app's own page needs none.
  return stringifySetCookie({
    name: prefix + accountId,
    value,
    maxAge,
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure,
  });
}
