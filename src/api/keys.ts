/** GET, POST, PATCH and DELETE /v1/keys: the account's API keys. */

import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import {
  changeKey,
  createKey,
  findKey,
  type KeyChange,
  type KeyRow,
  listKeys,
  revokeKey,
} from '../accounts/keys.ts';
import { SCOPES, type Scope } from '../accounts/scopes.ts';
import { errors } from '../errors.ts';
import { toMicroUsd, toUsd } from '../lib/money.ts';
import type { ApiContext } from './context.ts';
import { readMoment } from './moment.ts';
import { checkUuid } from './request-id.ts';
import { keySchema } from './schemas.ts';

const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, format: 'text' }),
  scopes: Type.Array(Type.String({ enum: [...SCOPES] }), {
    minItems: 1,
    maxItems: 3,
    uniqueItems: true,
    description: 'Each includes the ones after it: admin, generate, read.',
  }),
  monthly_budget_usd: orNull(Type.Number({ minimum: 0, maximum: 1e9 })),
  requests_per_minute: orNull(Type.Integer({ minimum: 1, maximum: 1e6 })),
  expires_at: orNull(Type.String({ format: 'date-time' })),
};
const createBody = Type.Object(
  {
    name: fields.name,
    scopes: Type.Optional({ ...fields.scopes, default: ['generate'] }),
    monthly_budget_usd: Type.Optional(fields.monthly_budget_usd),
    requests_per_minute: Type.Optional(fields.requests_per_minute),
    expires_at: Type.Optional(fields.expires_at),
  },
  { additionalProperties: false },
);
const changeBody = Type.Partial(Type.Object(fields), { additionalProperties: false, minProperties: 1 });

interface KeyFields {
  name: string;
  scopes: Scope[];
  monthly_budget_usd: number | null;
  requests_per_minute: number | null;
  expires_at: string | null;
}

const params = Type.Object({ id: Type.String() });
const config = { scope: 'admin' } as const;

export function keysEndpoints(app: FastifyInstance, { db, notifications }: ApiContext): void {
  app.get(
    '/v1/keys',
    {
      config,
      schema: {
        tags: ['Keys'],
        operationId: 'listKeys',
        summary: "The account's API keys",
        response: { 200: Type.Object({ keys: Type.Array(keySchema) }) },
      },
    },
    async (request) => ({
      keys: (await listKeys(db, request.identity.accountId)).map(keyBody),
    }),
  );

  app.post<{ Body: Partial<KeyFields> & Pick<KeyFields, 'name' | 'scopes'> }>(
    '/v1/keys',
    {
      config,
      schema: {
        tags: ['Keys'],
        operationId: 'createKey',
        summary: 'Make an API key; its secret is shown this once',
        body: createBody,
        response: { 201: Type.Intersect([keySchema, Type.Object({ key: Type.String() })]) },
      },
    },
    async (request, reply) => {
      const { name, scopes, monthly_budget_usd, requests_per_minute, expires_at } = request.body;
      const { row, secret } = await createKey(db, {
        accountId: request.identity.accountId,
        name,
        scopes,
        monthlyBudget: budget(monthly_budget_usd) ?? null,
        requestsPerMinute: requests_per_minute ?? null,
        expiresAt: expiry(expires_at) ?? null,
      });
      reply.code(201).header('cache-control', 'no-store');
      return { ...keyBody(row), key: secret };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/keys/:id',
    {
      config,
      schema: {
        tags: ['Keys'],
        operationId: 'getKey',
        summary: 'One API key',
        params,
        response: { 200: keySchema },
      },
    },
    async (request) => {
      const row = await findKey(db, request.identity.accountId, checkUuid(request.params.id, 'key id'));
      if (!row) throw errors.notFound('There is no such key.');
      return keyBody(row);
    },
  );

  app.patch<{ Params: { id: string }; Body: Partial<KeyFields> }>(
    '/v1/keys/:id',
    {
      config,
      schema: {
        tags: ['Keys'],
        operationId: 'changeKey',
        summary: 'Change an API key',
        params,
        body: changeBody,
        response: { 200: keySchema },
      },
    },
    async (request) => {
      const { monthly_budget_usd, expires_at, ...rest } = request.body;
      const change: KeyChange = {
        ...rest,
        ...(monthly_budget_usd !== undefined && { monthly_budget: budget(monthly_budget_usd)! }),
        ...(expires_at !== undefined && { expires_at: expiry(expires_at)! }),
      };
      const row = await changeKey(
        db,
        request.identity.accountId,
        checkUuid(request.params.id, 'key id'),
        change,
      );
      if (!row) throw errors.notFound('There is no such key.');
      notifications.publish('keys', [row.id]);
      return keyBody(row);
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/keys/:id',
    {
      config,
      schema: {
        tags: ['Keys'],
        operationId: 'revokeKey',
        summary: 'Revoke an API key for good',
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const id = checkUuid(request.params.id, 'key id');
      if (!(await revokeKey(db, request.identity.accountId, id)))
        throw errors.notFound('There is no such key.');
      notifications.publish('keys', [id]);
      return reply.code(204).send();
    },
  );
}

const budget = (usd: number | null | undefined): number | null | undefined =>
  usd === null || usd === undefined ? usd : toMicroUsd(usd);

const expiry = (time: string | null | undefined): string | null | undefined =>
  time === null || time === undefined ? time : readMoment(time, ['body', 'expires_at']).toISOString();

function keyBody(row: KeyRow): Record<string, unknown> {
  const { account_id, monthly_budget, spent_this_month, ...rest } = row;
  return {
    ...rest,
    monthly_budget_usd: monthly_budget === null ? null : toUsd(monthly_budget),
    spent_this_month_usd: toUsd(spent_this_month),
  };
}
