/** Whose call it is: by the Authorization header, or else by the cookie of a browser that is signed in. */
import type { FastifyRequest } from 'fastify';
import type { Identity } from '../accounts/authenticate.ts';
import { errors } from '../errors.ts';
import type { ApiContext } from './context.ts';
import { isReading, requireSameOrigin } from './same-origin.ts';
import { readSessionCookies, type SessionCookies } from './session-cookies.ts';

type Parts = Pick<ApiContext, 'config' | 'authenticator'>;

/**
 * Which of a browser's accounts acts. Only pages of ours can send it with a cookie: other origins would have to ask in a
 * preflight first, and are never allowed credentials. So it is also the second proof that a change is meant.
 */
const ACCOUNT_HEADER = 'x-darkroom-account';

/** @throws 401 when it is nobody's, 403 when a cookie came from where it does not count. */
export function whoCalls(parts: Parts, request: FastifyRequest): Promise<Identity> | Identity {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    const cookies = readSessionCookies(parts.config, request);
    if (cookies.size > 0) return bySession(parts, request, cookies);
    if (request.headers[ACCOUNT_HEADER] !== undefined) throw errors.userAccount('You are not signed in.');
  }
  return parts.authenticator.identify(authorization);
}

async function bySession(
  { config, authenticator }: Parts,
  request: FastifyRequest,
  cookies: SessionCookies,
): Promise<Identity> {
  requireSameOrigin(config, request);
  const accountId = namedAccount(request) ?? onlyAccount(request, cookies);
  const token = cookies.get(accountId);
  if (token === undefined) throw errors.userAccount('You are not signed in to this account.');
  const identity = await authenticator.identifySession(token);
  // Another program on this machine may have set a cookie under this name.
  if (identity.accountId !== accountId) throw errors.userAccount('You are not signed in to this account.');
  return identity;
}

export function namedAccount(request: FastifyRequest): string | undefined {
  const named = request.headers[ACCOUNT_HEADER];
  return named === undefined ? undefined : String(named).toLowerCase();
}

function onlyAccount(request: FastifyRequest, cookies: SessionCookies): string {
  if (!isReading(request))
    throw errors.permissionDenied(
      'Changing something with the cookie of the web app needs the header X-Darkroom-Account with the id of the account.',
    );
  const [only, another] = cookies.keys();
  if (another !== undefined)
    throw errors.validation([
      {
        loc: ['header', 'X-Darkroom-Account'],
        msg: 'must be the id of the account that asks: this browser is signed in to several',
        type: 'required',
      },
    ]);
  return only!;
}
