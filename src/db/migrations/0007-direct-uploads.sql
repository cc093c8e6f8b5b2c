-- direct: sent straight to the store, until it has been looked at. `bytes` are what was announced; of what it became, the upload
-- has its own row and its own bytes, since an address to send them to works for longer.
alter table files drop constraint files_kind_check;
alter table files add constraint files_kind_check
  check (kind in ('upload', 'input', 'fetched', 'raw', 'output', 'sync', 'direct')) not valid;
alter table files add column upload_id text;
