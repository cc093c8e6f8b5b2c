/** An account, as whoever runs the server is shown it. */
import { type TSchema, Type } from 'typebox';
import type { AccountRow } from '../accounts/accounts.ts';
import type { Config } from '../config/config.ts';
import { toUsd } from '../lib/money.ts';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const count = Type.Integer();
export const anyAccountSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    operator: Type.Boolean({ description: 'Its admin keys see and change the whole system.' }),
    created_at: Type.String({ format: 'date-time' }),
    limits: Type.Object(
      { max_running: nullable(count), max_queued: nullable(count) },
      { description: 'Of its own; null: the default of this Darkroom.' },
    ),
    effective_limits: Type.Object({ max_running: count, max_queued: count }),
    queued: count,
    running: count,
    budget: Type.Object({
      monthly_usd: nullable(Type.Number()),
      spent_this_month_usd: Type.Number({ description: 'With what is reserved for unfinished requests.' }),
      remaining_usd: nullable(Type.Number()),
    }),
  },
  { title: 'AnyAccount' },
);

export function accountBody(row: AccountRow, defaults: Pick<Config, 'maxRunning' | 'maxQueued'>) {
  const { max_running, max_queued, monthly_budget: budget, spent_this_month: spent } = row;
  return {
    id: row.id,
    name: row.name,
    operator: row.operator,
    created_at: row.created_at,
    limits: { max_running, max_queued },
    effective_limits: {
      max_running: max_running ?? defaults.maxRunning,
      max_queued: max_queued ?? defaults.maxQueued,
    },
    queued: row.queued,
    running: row.running,
    budget: {
      monthly_usd: budget === null ? null : toUsd(budget),
      spent_this_month_usd: toUsd(spent),
      remaining_usd: budget === null ? null : toUsd(Math.max(0, budget - spent)),
    },
  };
}
