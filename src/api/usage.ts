/** GET /v1/usage: what the account used, by day, model or key. */

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { GROUPINGS, type Grouping, readUsage, type UsageRow } from '../accounts/usage.ts';
import { toUsd } from '../lib/money.ts';
import type { ApiContext } from './context.ts';
import { readExactMoment, writeMoment } from './moment.ts';
import { usageSchema } from './schemas.ts';

const THIRTY_DAYS_MS = 30 * 86_400_000;

const moment = Type.Union([Type.String({ format: 'date-time' }), Type.String({ format: 'date' })]);
const query = Type.Object({
  from: Type.Optional({ ...moment, description: 'Ended at or after; 30 days before `to` by default.' }),
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
        : writeMoment(new Date());
      const from = request.query.from
        ? readExactMoment(request.query.from, ['query', 'from'])
        : writeMoment(new Date(Date.parse(to) - THIRTY_DAYS_MS));
      const rows = await readUsage(context.db, request.identity.accountId, group_by, from, to);
      return {
        from,
        to,
        group_by,
        usage: rows.map((row) => ({ ...bucketOf(row, group_by), ...countsOf([row]) })),
        total: countsOf(rows),
      };
    },
  );
}

function bucketOf({ bucket, name }: UsageRow, grouping: Grouping): Record<string, unknown> {
  if (grouping === 'key') return { key_id: bucket, key_name: name };
  return grouping === 'model' ? { model_id: bucket } : { day: bucket };
}

function countsOf(rows: UsageRow[]) {
  const sum = (read: (row: UsageRow) => number): number => rows.reduce((total, row) => total + read(row), 0);
  return {
    requests: sum((row) => row.requests),
    completed: sum((row) => row.completed),
    failed: sum((row) => row.failed),
    cancelled: sum((row) => row.cancelled),
    outputs: sum((row) => row.outputs),
    cost_usd: toUsd(sum((row) => row.cost)),
  };
}
