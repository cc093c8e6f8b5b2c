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

const SUMS = `sum(requests)::bigint as requests, sum(completed)::bigint as completed, sum(failed)::bigint as failed,
  sum(cancelled)::bigint as cancelled, sum(outputs)::bigint as outputs, sum(cost)::bigint as cost`;

// Whole days from their sums; only of the days that `from` and `to` cut are the requests looked at. A `to` that is not
// over yet cuts nothing, nor one of a moment ago: it is what "until now" has become on its way here.
const DAYS = `with bounds as (
    select case when $2::timestamptz = date_trunc('day', $2::timestamptz) then $2::timestamptz
                else date_trunc('day', $2::timestamptz) + interval '1 day' end as first,
           case when $3::timestamptz >= now() - interval '10 seconds' then date_trunc('day', now()) + interval '1 day'
                else date_trunc('day', $3::timestamptz) end as last
  ), cut as (
    select u.ended_at::date as day, u.key_id, u.model_id, 1 as requests, (u.outcome = 'completed')::int as completed,
           (u.outcome = 'failed')::int as failed, (u.outcome = 'cancelled')::int as cancelled, u.outputs, u.cost
      from bounds b
     cross join lateral (values ($2::timestamptz, least(b.first, $3::timestamptz)),
                                (greatest(b.first, b.last), $3::timestamptz)) as part (since, until)
      join usage u on u.account_id = $1 and u.ended_at >= part.since and u.ended_at < part.until
  ), days as (
    select day, key_id, model_id, requests, completed, failed, cancelled, outputs, cost
      from bounds b
      join usage_by_day d on d.account_id = $1 and d.day >= b.first::date and d.day < b.last::date
    union all
    select * from cut
  )`;

const STATEMENTS = {
  day: statement<UsageRow>(
    'usage_by_day',
    `${DAYS} select to_char(day, 'YYYY-MM-DD') as bucket, null as name, ${SUMS} from days group by day order by day`,
  ),
  model: statement<UsageRow>(
    'usage_by_model',
    `${DAYS} select model_id as bucket, null as name, ${SUMS} from days group by model_id order by cost desc, 1`,
  ),
  key: statement<UsageRow>(
    'usage_by_key',
    `${DAYS} select key_id::text as bucket, k.name, ${SUMS} from days left join keys k on k.id = key_id group by key_id, k.name order by cost desc, 1`,
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

const clock = statement<{ now: string }>('read_clock', 'select now() as now');

/** Now by the clock that says when requests end: that of this process may be wrong, and would leave out the latest. */
export const readNow = async (db: Queryable): Promise<string> => (await db.row(clock))!.now;
