/** Usage as the API and the command line give it. */
import type { Queryable } from '../db/database.ts';
import { toUsd } from '../lib/money.ts';
import { type Grouping, readUsage, type UsageRow } from './usage.ts';

/** Of requests that ended in [from, to), both ISO 8601, with their sum. */
export async function reportUsage(
  db: Queryable,
  accountId: string,
  grouping: Grouping,
  from: string,
  to: string,
) {
  const rows = await readUsage(db, accountId, grouping, from, to);
  return {
    from,
    to,
    group_by: grouping,
    usage: rows.map((row) => ({ ...bucketOf(row, grouping), ...countsOf([row]) })),
    total: countsOf(rows),
  };
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
