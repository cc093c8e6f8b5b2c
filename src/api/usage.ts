/** GET /v1/usage: what the account used, by day, model or key. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { GROUPINGS, type Grouping, readNow } from '../accounts/usage.ts';
import { reportUsage } from '../accounts/usage-report.ts';
import type { ApiContext } from './context.ts';
import { readExactMoment, writeMoment } from './moment.ts';
import { usageSchema } from './schemas.ts';

const DAY_MS = 86_400_000;

const moment = Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })]);
const query = Type.Object({
  from: Type.Optional({
    ...moment,
    description: 'Ended at or after; by default the beginning (UTC) of the day 30 days before `to`.',
  }),
  to: Type.Optional({ ...moment, description: 'Ended before; now by default.' }),
  group_by: Type.Optional(Type.String({ enum: [...GROUPINGS], default: 'day' })),
});

export function usageEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.get<{ Querystring: { from?: string; to?: string; group_by: Grouping } }>(
    '/v1/usage',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Account'],
        operationId: 'getUsage',
        summary: 'Requests, outputs and cost',
        querystring: query,
        response: { 200: usageSchema },
      },
    },
    async (request) => {
      const { group_by } = request.query;
      const to = request.query.to
        ? readExactMoment(request.query.to, ['query', 'to'])
        : await readNow(context.db);
      const from = request.query.from
        ? readExactMoment(request.query.from, ['query', 'from'])
        : writeMoment(new Date((Math.floor(Date.parse(to) / DAY_MS) - 30) * DAY_MS));
      return reportUsage(context.db, request.identity.accountId, group_by, from, to);
    },
  );
}
