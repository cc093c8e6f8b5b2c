-- Money is in millionths of a USD. Ids of rows are version 7 UUIDs made by the application: they sort by time.

create table accounts (
  id             uuid primary key,
  name           text not null,
  -- null: the configured default
  max_running    integer check (max_running > 0),
  max_queued     integer check (max_queued > 0),
  -- null: no limit
  monthly_budget bigint check (monthly_budget >= 0),
  created_at     timestamptz not null default now()
);

create table keys (
  id                  uuid primary key,
  account_id          uuid not null references accounts (id) on delete cascade,
  name                text not null,
  -- SHA-256 of the key. Found by its first 8 bytes, then compared whole in constant time.
  fingerprint         bytea not null,
  hash                bytea not null,
  -- its first characters, to tell keys apart on a screen
  hint                text not null,
  scopes              text[] not null,
  monthly_budget      bigint check (monthly_budget >= 0),
  requests_per_minute integer check (requests_per_minute > 0),
  created_at          timestamptz not null default now(),
  last_used_at        timestamptz,
  expires_at          timestamptz,
  revoked_at          timestamptz
);
create index keys_fingerprint on keys (fingerprint);
create index keys_account on keys (account_id);

-- An account's queue for one pool of backends. Claims look for the lane with the fewest running, longest not served.
create table lanes (
  account_id  uuid not null references accounts (id) on delete cascade,
  pool        text not null,
  queued      integer not null default 0 check (queued >= 0),
  running     integer not null default 0 check (running >= 0),
  max_running integer not null,
  last_claim  timestamptz not null default '-infinity',
  -- the place given last, and how many places have left the queue: what stands between is a request's position
  enqueued    bigint not null default 0,
  departed    bigint not null default 0,
  -- whether some left from the middle; they are in lane_gaps
  has_gaps    boolean not null default false,
  primary key (account_id, pool)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
create index lanes_claimable on lanes (pool, running, last_claim) where queued > 0 and running < max_running;

-- Places that were cancelled while others before them still waited, 1024 to a row.
create table lane_gaps (
  account_id uuid not null,
  pool       text not null,
  bucket     bigint not null,
  places     bigint[] not null,
  primary key (account_id, pool, bucket),
  foreign key (account_id, pool) references lanes (account_id, pool) on delete cascade
);

-- Columns of fixed width come first and the input last: what every status read needs is found without walking the rest.
create table requests (
  id           uuid primary key,
  -- no foreign key: the submit has just read the account, and the check would cost a look-up for each row
  account_id   uuid not null,
  key_id       uuid not null,
  -- its place in the lane
  place        bigint not null,
  seed         bigint not null,
  reserved     bigint not null,
  cost         bigint not null default 0,
  created_at   timestamptz not null default now(),
  -- counts changes, for ETags
  version      integer not null default 0,
  -- how many rounds it takes, how many have given their output
  rounds       smallint not null,
  done         smallint not null default 0,
  attempts     smallint not null default 0,
  sync_mode    boolean not null,
  state        text not null default 'queued' check (state in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  model_id     text not null,
  pool         text not null,
  started_at   timestamptz,
  ended_at     timestamptz,
  deadline_at  timestamptz,
  -- a worker's right to it until a time
  lease        uuid,
  lease_until  timestamptz,
  -- of all rounds together, 0..1, where the backend reports it
  fraction     real,
  backend      text,
  failure      jsonb,
  warnings     jsonb,
  adjustments  jsonb,
  -- as text: the order of its fields is kept
  input        json not null
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
create index requests_queue on requests (account_id, pool, place) where state = 'queued';
create index requests_running on requests (lease_until) where state = 'running';
create index requests_history on requests (account_id, id);

-- One call of a backend. `rendered`: its bytes are kept but not yet in the asked format.
create table rounds (
  request_id       uuid not null references requests (id) on delete cascade,
  index            smallint not null,
  -- what the far side may know the work by
  id               uuid not null,
  seed             bigint not null,
  state            text not null default 'pending' check (state in ('pending', 'rendered', 'done', 'failed')),
  attempts         smallint not null default 0,
  backend          text,
  remote_reference jsonb,
  cost             bigint not null default 0,
  adjustments      jsonb,
  failure          jsonb,
  primary key (request_id, index)
);

-- Every stored byte string. The row is there before the bytes, with a time to expire, so that nothing is ever orphaned.
create table files (
  id           text primary key,
  account_id   uuid not null references accounts (id) on delete cascade,
  -- upload: of the account. input: came with a request as data. fetched: an input kept until its request ends.
  -- raw: what a backend gave, until it is in the asked format. output: served. sync: an output for one reading.
  kind         text not null check (kind in ('upload', 'input', 'fetched', 'raw', 'output', 'sync')),
  request_id   uuid references requests (id) on delete set null,
  -- outputs: their round and place in it. inputs: their place in the list.
  round        smallint,
  ordinal      smallint,
  name         text,
  content_type text,
  bytes        bigint,
  width        integer,
  height       integer,
  sha256       text,
  seed         bigint,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz
);
create index files_request on files (request_id, round, ordinal) where request_id is not null;
create index files_uploads on files (account_id, created_at desc, id) where kind = 'upload';
create index files_expiry on files (expires_at) where expires_at is not null;
create index files_output_age on files (created_at) where kind = 'output' and expires_at is null;

create table idempotency_keys (
  account_id  uuid not null references accounts (id) on delete cascade,
  key         text not null,
  -- SHA-256 of the model and the body
  fingerprint bytea not null,
  request_id  uuid not null,
  created_at  timestamptz not null default now(),
  primary key (account_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

-- What an account or a key has spent in a calendar month (UTC), and what its unfinished requests may still cost.
create table spending (
  owner_id uuid not null,
  month    date not null,
  reserved bigint not null default 0,
  spent    bigint not null default 0,
  primary key (owner_id, month)
) with (fillfactor = 50);

-- One row for each ended request; stays when the request is deleted.
create table usage (
  request_id uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  key_id     uuid not null,
  model_id   text not null,
  backend    text,
  outcome    text not null check (outcome in ('completed', 'failed', 'cancelled')),
  outputs    smallint not null,
  cost       bigint not null,
  ended_at   timestamptz not null default now()
);
create index usage_account on usage (account_id, ended_at);
-- rows come in the order of their time: a few pages tell where the last hour begins
create index usage_age on usage using brin (ended_at);

-- Live processes that run requests; one that stops writing here is gone.
create table workers (
  id           uuid primary key,
  description  text not null,
  -- whose requests it runs
  pools        text[] not null,
  concurrency  integer not null,
  started_at   timestamptz not null default now(),
  heartbeat_at timestamptz not null default now()
);
