/** GET, POST and DELETE /v1/session: which accounts a browser is signed in to. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Identity, MAX_SECRET_CHARACTERS } from '../accounts/authenticate.ts';
import { createSession, endSessions } from '../accounts/sessions.ts';
import { createSignInLimit } from '../accounts/sign-in-limit.ts';
import { signInByLink } from '../accounts/sign-in-links.ts';
import { ApiError, errors } from '../errors.ts';
import type { ApiContext } from './context.ts';
import { requireSameOrigin } from './same-origin.ts';
import { sessionBody, sessionSchema } from './session-body.ts';
import { endedCookie, MAX_ACCOUNTS, readSessionCookies, sessionCookie } from './session-cookies.ts';
import { namedAccount } from './who-calls.ts';

const secret = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: MAX_SECRET_CHARACTERS, description }));
const signInSchema = Type.Object(
  { api_key: secret('An API key.'), link: secret('What stands behind the # of a sign-in link.') },
  { additionalProperties: false, description: 'Exactly one of the two.' },
);
interface SignIn {
  api_key?: string;
  link?: string;
}

const tags = ['Web app'];
/** With a cookie or without one: who asks may be signed out. */
const security = [{ session: [] }, {}];

export function sessionEndpoints(app: FastifyInstance, context: ApiContext): void {
  const { config, db, notifications, authenticator } = context;
  const limited = createSignInLimit();
  const end = async (tokens: readonly string[]): Promise<void> =>
    notifications.publish('keys', await endSessions(db, tokens));

  app.get(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'getSession',
        summary: 'The accounts that this browser is signed in to',
        security,
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { authorization } = request.headers;
      const identities =
        authorization === undefined
          ? (await look(context, request)).identities
          : [await authenticator.identify(authorization)];
      return sessionBody(context, identities);
    },
  );

  app.post<{ Body: SignIn }>(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signIn',
        summary: 'Sign this browser in, by an API key or a sign-in link',
        security: [{}],
        body: signInSchema,
        response: { 201: sessionSchema },
      },
    },
    async (request, reply) => {
      requireSameOrigin(config, request);
      const { cookies, identities, ended } = await look(context, request);
      if (identities.length >= MAX_ACCOUNTS)
        throw errors.conflict(
          `This browser is signed in to ${identities.length} accounts. Sign out of one first.`,
        );
      const { identity, token } = await limited(request.ip, () => signIn(context, request.body));
      const { accountId } = identity;
      // Its cookie makes way for the new one.
      await end([...cookies].flatMap(([id, replaced]) => (id === accountId ? replaced : [])));
      reply.code(201).headers({
        'cache-control': 'no-store',
        'set-cookie': [
          ...ended.filter((id) => id !== accountId).map((id) => endedCookie(config, request, id)),
          sessionCookie(config, request, accountId, token),
        ],
      });
      return sessionBody(context, [...identities.filter((one) => one.accountId !== accountId), identity]);
    },
  );

  app.delete<{ Querystring: { all: boolean } }>(
    '/v1/session',
    {
      schema: {
        tags,
        operationId: 'signOut',
        summary: 'Sign this browser out, of the account in X-Darkroom-Account or of all',
        security,
        querystring: Type.Object({ all: Type.Boolean({ default: false }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      requireSameOrigin(config, request);
      const named = namedAccount(request);
      if (!request.query.all && named === undefined)
        throw errors.validation([
          {
            loc: ['header', 'X-Darkroom-Account'],
            msg: 'must be the id of the account to sign out of, unless ?all=true',
            type: 'required',
          },
        ]);
      const leaving = [...readSessionCookies(config, request)].filter(
        ([accountId]) => request.query.all || accountId === named,
      );
      await end(leaving.map(([, token]) => token));
      reply.header(
        'set-cookie',
        leaving.map(([accountId]) => endedCookie(config, request, accountId)),
      );
      return reply.code(204).send();
    },
  );
}

/** The browser's cookies, whose they are, and the accounts of those that work no more. */
async function look({ config, authenticator }: ApiContext, request: FastifyRequest) {
  const cookies = readSessionCookies(config, request);
  if (cookies.size > 0) requireSameOrigin(config, request);
  const identities: Identity[] = [];
  const ended: string[] = [];
  for (const [accountId, token] of cookies) {
    const identity = await found(async () => authenticator.identifySession(token));
    if (identity?.accountId === accountId) identities.push(identity);
    else ended.push(accountId);
  }
  return { cookies, identities, ended };
}

async function found<Value>(identify: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await identify();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}

async function signIn(
  { db, authenticator }: ApiContext,
  { api_key, link }: SignIn,
): Promise<{ identity: Identity; token: string }> {
  if ((api_key === undefined) === (link === undefined))
    throw errors.validation([{ loc: ['body'], msg: 'must have one of api_key and link', type: 'one_of' }]);
  const token =
    api_key === undefined
      ? await signInByLink(db, link!)
      : await createSession(db, (await authenticator.identifyKey(api_key)).keyId);
  if (token === undefined)
    throw errors.userAccount(
      'This link has been used, or it has expired. `darkroom link`, on the machine of the server, gives a new one.',
    );
  return { token, identity: await authenticator.identifySession(token) };
}
