/** What an account used: requests, outputs and cost, by day, model or key. */
import { type Queryable, statement } from '../db/database.ts';

export const GROUPINGS = ['day', 'model', 'key'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface UsageRow {
  /** A date, a model's id or a key's id. */
  bucket: string;
  /** The key's name, when grouped by key. */
  name: string | null;
  requests: number;
  completed: number;
  failed: number;
  cancelled: number;
  outputs: number;
  /** Millionths of a USD. */
  cost: number;
}

const COUNTS = `count(*) as requests,
  count(*) filter (where outcome = 'completed') as completed,
  count(*) filter (where outcome = 'failed') as failed,
  count(*) filter (where outcome = 'cancelled') as cancelled,
  coalesce(sum(outputs), 0)::bigint as outputs, coalesce(sum(cost), 0)::bigint as cost`;
const RANGE = 'u.account_id = $1 and u.ended_at >= $2 and u.ended_at < $3';

const STATEMENTS = {
  day: statement<UsageRow>(
    'usage_by_day',
    `select to_char(u.ended_at, 'YYYY-MM-DD') as bucket, null as name, ${COUNTS} from usage u where ${RANGE} group by 1 order by 1`,
  ),
  model: statement<UsageRow>(
    'usage_by_model',
    `select u.model_id as bucket, null as name, ${COUNTS} from usage u where ${RANGE} group by 1 order by cost desc, 1`,
  ),
  key: statement<UsageRow>(
    'usage_by_key',
    `select u.key_id::text as bucket, k.name, ${COUNTS} from usage u left join keys k on k.id = u.key_id where ${RANGE} group by u.key_id, k.name order by cost desc, 1`,
  ),
};

/** Of requests that ended in [from, to), both ISO 8601. */
export const readUsage = (
  db: Queryable,
  accountId: string,
  grouping: Grouping,
  from: string,
  to: string,
): Promise<UsageRow[]> => db.rows(STATEMENTS[grouping], [accountId, from, to]);
