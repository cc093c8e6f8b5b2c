-- Following a request from process to process.

-- the trace that it belongs to, where it is traced: as in a `traceparent` header, and after a space as in `tracestate`
alter table requests add column trace text;

-- when it last went back to the queue; null: it never did
alter table requests add column queued_at timestamptz;
