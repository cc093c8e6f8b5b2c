-- Calls of this minute by key, over all processes. Not worth a sync of the disk: after a crash a minute begins anew.
create unlogged table key_rates (
  key_id  uuid primary key references keys on delete cascade,
  minute  timestamptz not null,
  used    integer not null,
  -- how many the last one who asked was given
  granted integer not null
) with (fillfactor = 50);
