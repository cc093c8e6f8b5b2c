/** The part of the statements that end a request which writes down what it used. */

/**
 * Common table expressions after one named `of`, a row (or none) of the request that has just ended, and one named
 * `settled`, with a column `owner_id`, that holds the rows of its money: they are always locked first, so that no two deadlock.
 */
export const countUsage = (ended: {
  of: string;
  outcome: string;
  backend: string;
  outputs: string;
  cost: string;
}): string => `counted as (
     insert into usage (request_id, account_id, key_id, model_id, backend, outcome, outputs, cost)
     select id, account_id, key_id, model_id, ${ended.backend}, ${ended.outcome}, ${ended.outputs}, ${ended.cost} from ${ended.of}
     returning account_id, key_id, model_id, outcome, outputs, cost, ended_at
   ), summed as (
     insert into usage_by_day as d (account_id, day, key_id, model_id, requests, completed, failed, cancelled, outputs, cost)
     select account_id, (ended_at at time zone 'UTC')::date, key_id, model_id, 1, (outcome = 'completed')::int,
            (outcome = 'failed')::int, (outcome = 'cancelled')::int, outputs, cost
       from counted
      where (select count(*) from settled) >= 0
     on conflict (account_id, day, key_id, model_id) do update
        set requests = d.requests + 1, completed = d.completed + excluded.completed, failed = d.failed + excluded.failed,
            cancelled = d.cancelled + excluded.cancelled, outputs = d.outputs + excluded.outputs, cost = d.cost + excluded.cost
   )`;
