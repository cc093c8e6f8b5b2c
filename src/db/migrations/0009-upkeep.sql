-- Not in one transaction: nobody is to wait for an index over many requests. Each statement can be repeated.

-- Which rows run, without when their leases end: so a renewal, of each every five seconds, moves no index and can be written
-- into the same page (HOT). Why, and what was measured: docs/decisions/tables-and-vacuum.md.
drop index concurrently if exists requests_in_progress;
create index concurrently requests_in_progress on requests (id) where state = 'running';

-- None of these rewrites a table or keeps anybody from it.

-- Written twice, the second time soon after the first: room for that on the same page.
alter table rounds set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
                        autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
-- Every update moves an index: a full page costs nothing.
alter table files set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
                       autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
-- Few rows, written with every request.
alter table spending set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table key_rates set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table keys set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table sessions set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table lane_gaps set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
-- Nearly empty, and all that was ever in them is dead.
alter table backend_limits set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
alter table backend_calls set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- Only added to, and removed from by the sweep.
alter table idempotency_keys set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
                                  autovacuum_vacuum_insert_scale_factor = 0.1);
alter table webhook_attempts set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
                                  autovacuum_vacuum_insert_scale_factor = 0.1);
-- Only added to: vacuumed for what it says of pages that all may see, which sums are read by.
alter table usage set (autovacuum_vacuum_insert_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.05);
-- Last: whoever begins again still has one of the two.
drop index concurrently if exists requests_running;
