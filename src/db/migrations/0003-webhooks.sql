-- Telling others what happens to requests. An event is written with the change it tells of, and handed out to those who
-- want it afterwards: so the change waits for nobody.

-- where a submit wants to be told: {url, origin, intermediate, base_url}
alter table requests add column webhook jsonb;

-- URLs that are told of an account's requests. A deleted one stays until its deliveries have expired.
create table webhooks (
  id              uuid primary key,
  account_id      uuid not null references accounts (id) on delete cascade,
  url             text not null,
  description     text,
  events          text[] not null,
  -- what the URLs in its payloads begin with, where the configuration does not say
  base_url        text not null,
  created_at      timestamptz not null default now(),
  disabled_at     timestamptz,
  disabled_reason text,
  deleted_at      timestamptz
);
create index webhooks_account on webhooks (account_id, id) where deleted_at is null;

-- What deliveries are signed with, encrypted. All that have not expired are used, so that receivers can change over.
create table webhook_secrets (
  id         uuid primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  -- null: for the URLs that submits name
  webhook_id uuid references webhooks (id) on delete cascade,
  sealed     bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz
);
create unique index webhook_secrets_current on webhook_secrets (account_id, webhook_id) nulls not distinct where expires_at is null;
create index webhook_secrets_webhook on webhook_secrets (webhook_id);

-- Events that nobody has handed out yet: nearly always empty.
create table webhook_outbox (
  id         bigint generated always as identity primary key,
  account_id uuid not null,
  request_id uuid not null,
  type       text not null,
  -- of an output: its round, and how many there are with it
  round      smallint,
  done       smallint,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Where deliveries go: a webhook, or the origin of URLs that an account's submits name. Whoever holds the lease delivers.
create table webhook_receivers (
  id            uuid primary key,
  account_id    uuid not null references accounts (id) on delete cascade,
  webhook_id    uuid unique references webhooks (id) on delete cascade,
  origin        text,
  -- when there is something to do; null: nothing
  due_at        timestamptz,
  -- what failed several times in a row is left alone until then
  paused_until  timestamptz,
  -- counts what came, so that who lets go of it sees that something came meanwhile
  arrivals      bigint not null default 0,
  lease         uuid,
  lease_until   timestamptz,
  -- tries in a row that failed, and since when
  failures      integer not null default 0,
  failing_since timestamptz,
  check ((webhook_id is null) <> (origin is null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
create unique index webhook_receivers_origin on webhook_receivers (account_id, origin) where webhook_id is null;
create index webhook_receivers_due on webhook_receivers (due_at) where due_at is not null;

-- One event for one receiver. What is sent is made of the request when it is sent: nothing of it is stored here.
create table webhook_deliveries (
  id              uuid primary key,
  account_id      uuid not null,
  receiver_id     uuid not null references webhook_receivers (id) on delete cascade,
  -- null: a test
  request_id      uuid,
  -- the order of a request's events
  seq             bigint not null,
  type            text not null,
  round           smallint,
  done            smallint,
  occurred_at     timestamptz not null,
  -- null: the webhook's
  url             text,
  base_url        text,
  state           text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts        integer not null default 0,
  -- attempts since it was made or last redelivered: what the back-off goes by
  tries           integer not null default 0,
  created_at      timestamptz not null default now(),
  next_attempt_at timestamptz not null default now(),
  give_up_at      timestamptz not null,
  ended_at        timestamptz,
  -- what went wrong last
  error           text
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
create index webhook_deliveries_due on webhook_deliveries (receiver_id, next_attempt_at, seq) where state = 'pending';
create index webhook_deliveries_order on webhook_deliveries (request_id, receiver_id, seq) where state = 'pending';
create index webhook_deliveries_request on webhook_deliveries (request_id);
create index webhook_deliveries_account on webhook_deliveries (account_id, id);
create index webhook_deliveries_state on webhook_deliveries (account_id, state, id) where state <> 'delivered';
create index webhook_deliveries_receiver on webhook_deliveries (receiver_id, id);
create index webhook_deliveries_oldest on webhook_deliveries (created_at) where state = 'pending';

create table webhook_attempts (
  delivery_id uuid not null references webhook_deliveries (id) on delete cascade,
  number      integer not null,
  at          timestamptz not null,
  duration_ms integer not null,
  -- of the answer; null: there was none
  status      smallint,
  -- null: delivered
  error       text,
  -- how the answer began
  excerpt     text,
  primary key (delivery_id, number)
);
