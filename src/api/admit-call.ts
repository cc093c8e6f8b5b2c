/** Whether a call may come in: whose it is, what is left of its limit, what its key is for. */
import type { FastifyContextConfig, FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../accounts/authenticate.ts';
import { includesScope } from '../accounts/scopes.ts';
import { errors } from '../errors.ts';
import { after } from '../lib/after.ts';
import type { ApiContext } from './context.ts';
import { whoCalls } from './who-calls.ts';

/** Sets `request.identity`; no promise where all of that is known, as for nearly every call. @throws 401, 403, 429. */
export function admitCall(
  context: Pick<ApiContext, 'config' | 'authenticator' | 'rateLimit'>,
  request: FastifyRequest,
  reply: FastifyReply,
): void | Promise<void> {
  return after(whoCalls(context, request), (identity) => {
    request.identity = identity;
    return after(context.rateLimit(identity), (headers) => {
      reply.headers(headers);
      requireScope(identity, request.routeOptions.config);
    });
  });
}

/** @throws 403 */
export function requireScope(
  identity: Identity,
  { scope, operator }: Pick<FastifyContextConfig, 'scope' | 'operator'>,
): void {
  if (!includesScope(identity.scopes, scope!)) {
    throw errors.permissionDenied(
      `This API key may not do that: it needs the scope \`${scope}\` and has ${identity.scopes.map((held) => `\`${held}\``).join(', ') || 'none'}.`,
    );
  }
  if (operator && !identity.operator)
    throw errors.permissionDenied(
      'This is for the operator of this Darkroom. `darkroom accounts set <name> --operator` makes an account one.',
    );
}
