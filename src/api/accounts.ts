/** GET, POST and PATCH /v1/accounts: all of them, for whoever runs the server. */
import type { FastifyInstance } from 'fastify';
import { type TSchema, Type } from 'typebox';
import {
  type AccountChange,
  changeAccount,
  createNamedAccount,
  getAccount,
  pageOfAccounts,
} from '../accounts/accounts.ts';
import { createSignInLink } from '../accounts/sign-in-links.ts';
import { errors } from '../errors.ts';
import { isUuid } from '../lib/ids.ts';
import { toMicroUsd } from '../lib/money.ts';
import { accountBody, anyAccountSchema } from './account-body.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { checkUuid } from './request-id.ts';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const limit = nullable(Type.Integer({ minimum: 1, maximum: 1e9 }));
const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, format: 'text' }),
  max_running: limit,
  max_queued: limit,
  monthly_budget_usd: nullable(Type.Number({ minimum: 0, maximum: 1e9 })),
};
const changeSchema = Type.Partial(Type.Object(fields), { additionalProperties: false, minProperties: 1 });
const createSchema = Type.Object(
  {
    name: fields.name,
    max_running: Type.Optional(fields.max_running),
    max_queued: Type.Optional(fields.max_queued),
    monthly_budget_usd: Type.Optional(fields.monthly_budget_usd),
  },
  { additionalProperties: false },
);
interface Fields {
  name?: string;
  max_running?: number | null;
  max_queued?: number | null;
  monthly_budget_usd?: number | null;
}

const query = Type.Object({
  search: Type.Optional(
    Type.String({ maxLength: 100, format: 'text', description: 'Part of a name, or an id.' }),
  ),
  cursor: Type.Optional(Type.String({ description: 'next_cursor of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
});

const params = Type.Object({ id: Type.String() });
const config = { scope: 'admin', operator: true } as const;
const tags = ['System'];
const UUID = { test: isUuid };

export function accountsEndpoints(app: FastifyInstance, context: ApiContext): void {
  const { db, notifications } = context;
  /** @throws 404 */
  const show = async (id: string): Promise<Record<string, unknown>> => {
    const row = await getAccount(db, id);
    if (!row) throw noAccount();
    return accountBody(row, context.config);
  };

  app.get<{ Querystring: { search?: string; cursor?: string; limit: number } }>(
    '/v1/accounts',
    {
      config,
      schema: {
        tags,
        operationId: 'listAccounts',
        summary: 'All accounts, in the order they were made',
        querystring: query,
        response: {
          200: Type.Object({
            accounts: Type.Array(anyAccountSchema),
            next_cursor: nullable(Type.String()),
          }),
        },
      },
    },
    async (request) => {
      const { search, cursor, limit } = request.query;
      const after = cursor === undefined ? undefined : readCursor(cursor, UUID)[0];
      const rows = await pageOfAccounts(db, { search, after, limit });
      const page = rows.slice(0, limit);
      return {
        accounts: page.map((row) => accountBody(row, context.config)),
        next_cursor: rows.length > limit ? writeCursor(page.at(-1)!.id) : null,
      };
    },
  );

  app.post<{ Body: Fields & { name: string } }>(
    '/v1/accounts',
    {
      config,
      schema: {
        tags,
        operationId: 'createAccount',
        summary: 'Make an account; a sign-in link lets somebody in',
        body: createSchema,
        response: { 201: anyAccountSchema },
      },
    },
    async (request, reply) => {
      const { name, max_running, max_queued, monthly_budget_usd } = request.body;
      const id = await createNamedAccount(db, {
        name,
        ...(max_running && { maxRunning: max_running }),
        ...(max_queued && { maxQueued: max_queued }),
        ...(typeof monthly_budget_usd === 'number' && { monthlyBudget: toMicroUsd(monthly_budget_usd) }),
      });
      if (id === undefined) throw nameTaken();
      reply.code(201);
      return show(id);
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/accounts/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'getAnyAccount',
        summary: 'One account',
        params,
        response: { 200: anyAccountSchema },
      },
    },
    async (request) => show(checkUuid(request.params.id, 'account id')),
  );

  app.patch<{ Params: { id: string }; Body: Fields }>(
    '/v1/accounts/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'changeAccount',
        summary: "Change an account's name, limits or budget",
        params,
        body: changeSchema,
        response: { 200: anyAccountSchema },
      },
    },
    async (request) => {
      const id = checkUuid(request.params.id, 'account id');
      const { monthly_budget_usd: usd, ...rest } = request.body;
      const change: AccountChange = {
        ...rest,
        ...(usd !== undefined && { monthly_budget: usd === null ? null : toMicroUsd(usd) }),
      };
      const changed = await changeAccount(db, id, change, context.config.maxRunning);
      if (changed === 'taken') throw nameTaken();
      if (!changed) throw noAccount();
      notifications.publish('keys', [id]);
      return show(id);
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/accounts/:id/links',
    {
      config,
      schema: {
        tags,
        operationId: 'createSignInLink',
        summary: 'Make a link that signs in to an account as its admin, once',
        params,
        response: {
          201: Type.Object({
            url: Type.String({ format: 'uri', description: 'Shown this once.' }),
            expires_at: Type.String({ format: 'date-time' }),
          }),
        },
      },
    },
    async (request, reply) => {
      const id = checkUuid(request.params.id, 'account id');
      await show(id);
      const { path, expiresAt } = await createSignInLink(db, id, context.config.linkLifetimeMs);
      reply.code(201).header('cache-control', 'no-store');
      return { url: baseUrlOf(context.config, request) + path, expires_at: expiresAt };
    },
  );
}

const noAccount = () => errors.notFound('There is no such account.');
const nameTaken = () => errors.conflict('There is an account of that name already. Choose another.');
