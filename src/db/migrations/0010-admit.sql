-- A batch of submits comes in whole, or leaves nothing behind and says why: one trip, so that nobody holds a lane over another.
create function admit_requests(
  -- of submits that bring an idempotency key
  key_account_ids uuid[], idempotency_texts text[], key_fingerprints bytea[], key_request_ids uuid[],
  -- lanes, in order, and how many come to each
  lane_account_ids uuid[], lane_pools text[], lane_limits integer[], lane_arrivals integer[],
  -- accounts, and how many of theirs may wait
  account_ids uuid[], queue_limits integer[],
  -- accounts and keys, what they are asked for together, and what they may spend
  owner_ids uuid[], amounts bigint[], budgets bigint[],
  -- requests, each with its lane and its place among those that come to it
  ids uuid[], lane_numbers integer[], arrivals integer[], key_ids uuid[], model_ids text[], sync_modes boolean[], seeds bigint[],
  round_counts smallint[], reserves bigint[], warning_lists text[], webhook_objects text[], traces text[], inputs json,
  -- stored files, and whose they are now
  file_ids text[], file_request_ids uuid[]
) returns json language plpgsql as $$
declare
  places_before bigint[];
  waiting json;
  committed json;
  room boolean;
  money boolean;
begin
  -- what is written in here is undone by what is raised
  begin
    if cardinality(idempotency_texts) > 0 then
      -- a key that is older than its keeping time is taken over as if it were new
      insert into idempotency_keys as i (account_id, key, fingerprint, request_id)
      select * from unnest(key_account_ids, idempotency_texts, key_fingerprints, key_request_ids) as t (account_id, key, fingerprint, request_id)
       order by account_id, key
      on conflict (account_id, key) do update
         set fingerprint = excluded.fingerprint, request_id = excluded.request_id, created_at = now()
       where i.created_at < now() - interval '24 hours';
      declare
        fresh bigint;
      begin
        get diagnostics fresh = row_count;
        if fresh < cardinality(idempotency_texts) then raise sqlstate 'DR001'; end if;
      end;
    end if;

    -- everybody locks lanes before money, and both in order: else two deadlock
    with joined as (
      insert into lanes as l (account_id, pool, max_running, queued, enqueued)
      select account_id, pool, max_running, arriving, arriving
        from unnest(lane_account_ids, lane_pools, lane_limits, lane_arrivals) as t (account_id, pool, max_running, arriving)
       order by account_id, pool
      on conflict (account_id, pool) do update
         set queued = l.queued + excluded.queued,
             enqueued = l.enqueued + excluded.enqueued,
             max_running = excluded.max_running
      returning l.account_id, l.pool, l.enqueued
    )
    select array_agg(joined.enqueued - t.arriving order by t.number) into places_before
      from unnest(lane_account_ids, lane_pools, lane_arrivals) with ordinality as t (account_id, pool, arriving, number)
      join joined using (account_id, pool);

    with reserved as (
      insert into spending as s (owner_id, month, reserved)
      select owner_id, date_trunc('month', now())::date, amount
        from unnest(owner_ids, amounts) as t (owner_id, amount)
       order by owner_id
      on conflict (owner_id, month) do update set reserved = s.reserved + excluded.reserved
      returning s.owner_id, s.reserved + s.spent as committed
    )
    select json_object_agg(reserved.owner_id, reserved.committed), bool_and(t.budget is null or reserved.committed <= t.budget)
      into committed, money
      from unnest(owner_ids, budgets) as t (owner_id, budget)
      join reserved using (owner_id);

    -- read once the money is locked: whoever submits to another lane of the account has committed by then, or waits
    select json_object_agg(q.account_id, q.queued), bool_and(q.queued <= t.max_queued)
      into waiting, room
      from unnest(account_ids, queue_limits) as t (account_id, max_queued)
      join (select account_id, sum(queued)::integer as queued from lanes where account_id = any (account_ids) group by account_id) q
           using (account_id);

    if not (room and money) then raise sqlstate 'DR002'; end if;

    insert into requests (id, account_id, pool, place, key_id, model_id, sync_mode, seed, rounds, reserved, warnings, webhook, trace, input)
    select t.id, lane_account_ids[lane], lane_pools[lane], places_before[lane] + arrival, t.key_id, t.model_id, t.sync_mode, t.seed,
           t.rounds, t.reserved, t.warnings::jsonb, t.webhook::jsonb, t.trace, t.input
      from rows from (
             unnest(ids, lane_numbers, arrivals, key_ids, model_ids, sync_modes, seeds, round_counts, reserves, warning_lists,
                    webhook_objects, traces),
             json_array_elements(inputs)
           ) as t (id, lane, arrival, key_id, model_id, sync_mode, seed, rounds, reserved, warnings, webhook, trace, input);

    if cardinality(file_ids) > 0 then
      update files f set request_id = t.request_id, expires_at = null
        from unnest(file_ids, file_request_ids) as t (id, request_id)
       where f.id = t.id;
    end if;
    return null;
  exception
    when sqlstate 'DR001' then return json_build_object('used_keys', true);
    when sqlstate 'DR002' then return json_build_object('waiting', waiting, 'committed', committed);
  end;
end
$$;
