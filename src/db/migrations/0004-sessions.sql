-- Whoever runs this Darkroom: an admin key of such an account sees the whole system. See docs/decisions/operators.md.
alter table accounts add column operator boolean not null default false;
-- The one that the first start has made. Where another was made before it, nobody is, until the command line says who.
update accounts set operator = true
 where name = 'default' and id = (select id from accounts order by id limit 1);

-- The key that sign-in links of an account sign in with, one that works at a time. Nobody knows its secret.
alter table keys add column for_links boolean not null default false;
create unique index keys_for_links on keys (account_id) where for_links and revoked_at is null;

-- A browser signed in to the web app. It acts as its key and ends with it.
create table sessions (
  id          uuid primary key,
  key_id      uuid not null references keys (id) on delete cascade,
  -- SHA-256 of the token in the cookie. Found by its first 8 bytes, then compared whole in constant time.
  fingerprint bytea not null,
  hash        bytea not null,
  created_at  timestamptz not null default now(),
  -- written once a minute at most; not indexed, so that writing it moves nothing else
  seen_at     timestamptz not null default now()
);
create index sessions_fingerprint on sessions (fingerprint);
create index sessions_key on sessions (key_id);
create index sessions_age on sessions (created_at);

-- Links that sign in once. A row goes when it is used.
create table sign_in_links (
  id          uuid primary key,
  account_id  uuid not null references accounts (id) on delete cascade,
  fingerprint bytea not null,
  hash        bytea not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null
);
create index sign_in_links_fingerprint on sign_in_links (fingerprint);
