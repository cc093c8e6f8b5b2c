-- The sums of `usage` by day (UTC), kept in the transactions that write it: what an account used is read without its requests.
create table usage_by_day (
  account_id uuid not null references accounts (id) on delete cascade,
  day        date not null,
  key_id     uuid not null,
  model_id   text not null,
  requests   bigint not null,
  completed  bigint not null,
  failed     bigint not null,
  cancelled  bigint not null,
  outputs    bigint not null,
  cost       bigint not null,
  primary key (account_id, day, key_id, model_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);

insert into usage_by_day
select account_id, (ended_at at time zone 'UTC')::date, key_id, model_id, count(*),
       count(*) filter (where outcome = 'completed'), count(*) filter (where outcome = 'failed'),
       count(*) filter (where outcome = 'cancelled'), sum(outputs), sum(cost)
  from usage
 group by 1, 2, 3, 4;
