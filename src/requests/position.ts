/**
 * Position without counting: the places before this one, less those that have left the queue. What left from
 * behind it (cancelled) must not count, and is kept in `lane_gaps`.
 * Of `requests r` with `left join lanes l` by `LANE_OF_WAITING`; null of one that does not wait.
 */
export const AHEAD = `case when l.account_id is not null and r.started_at is null then
            greatest(0, r.place - 1 - l.departed + case when l.has_gaps then (
              select coalesce(sum(case when g.bucket > r.place / 1024 then cardinality(g.places)
                                       else (select count(*) from unnest(g.places) as p where p > r.place) end), 0)
                from lane_gaps g
               where g.account_id = r.account_id and g.pool = r.pool and g.bucket >= r.place / 1024
            )::bigint else 0 end)
          end`;

export const LANE_OF_WAITING = `r.state = 'queued' and l.account_id = r.account_id and l.pool = r.pool`;
