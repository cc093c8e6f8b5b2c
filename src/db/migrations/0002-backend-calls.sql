-- Limits of backends that hold across all processes: a count of calls under way, and a bucket of calls a minute.
create table backend_limits (
  backend     text primary key,
  running     integer not null default 0,
  -- calls that may start now; filled up with time
  tokens      double precision not null,
  refilled_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

-- Calls under way of backends with a limit. One whose request is no longer held by its lease counts no more.
create table backend_calls (
  id         uuid primary key,
  backend    text not null,
  request_id uuid not null,
  lease      uuid not null
);
create index backend_calls_backend on backend_calls (backend);
