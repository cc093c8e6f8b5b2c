/** GET /v1/account: limits, budget and what is used of them. */
import type { FastifyInstance } from 'fastify';
import { getAccount } from '../accounts/accounts.ts';
import { findKey } from '../accounts/keys.ts';
import { errors } from '../errors.ts';
import { toUsd } from '../lib/money.ts';
import type { ApiContext } from './context.ts';
import { accountSchema } from './schemas.ts';

const usd = (microUsd: number | null): number | null => (microUsd === null ? null : toUsd(microUsd));

export function accountEndpoint(app: FastifyInstance, { db, config }: ApiContext): void {
  app.get(
    '/v1/account',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Account'],
        operationId: 'getAccount',
        summary: 'Limits and budget',
        response: { 200: accountSchema },
      },
    },
    async (request) => {
      const { accountId, keyId, scopes, maxRunning, maxQueued, requestsPerMinute } = request.identity;
      const account = await getAccount(db, accountId);
      const key = await findKey(db, accountId, keyId);
      if (!account || !key) throw errors.notFound('There is no such account.');
      const { monthly_budget: budget, spent_this_month: spent } = account;
      return {
        id: account.id,
        name: account.name,
        created_at: account.created_at,
        limits: {
          max_running: maxRunning,
          max_queued: maxQueued,
          requests_per_minute: requestsPerMinute ?? (config.rateLimit || null),
        },
        queued: account.queued,
        running: account.running,
        budget: {
          monthly_usd: usd(budget),
          spent_this_month_usd: toUsd(spent),
          remaining_usd: budget === null ? null : toUsd(Math.max(0, budget - spent)),
        },
        key: {
          id: keyId,
          scopes,
          monthly_budget_usd: usd(key.monthly_budget),
          spent_this_month_usd: toUsd(key.spent_this_month),
        },
      };
    },
  );
}
