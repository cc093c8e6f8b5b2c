/**
 * How the server is set up. Given on its command line, so that every start has them whatever the cluster's
 * `postgresql.conf` says. Sized for a machine that it shares with Darkroom itself.
 */
const SETTINGS: Record<string, string> = {
  // Reached by a socket in a 0700 folder only: no port to collide, nothing to be scanned.
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: '5432',

  // What was acknowledged survives a power cut.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  shared_buffers: '128MB',
  max_connections: '100',
  huge_pages: 'off',

  // Fewer checkpoints, so fewer full pages in the log; what is left of them compressed. A crash replays at most this.
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',

  // Compiling costs more than our short statements take; parallel workers would take the cores that images need, and
  // the 64 MB of shared memory that containers have by default.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',

  // Queue rows and lane counters are updated all the time: look often, start early, finish quickly.
  autovacuum_naptime: '15s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',

  // A statement of a killed client ends soon instead of holding its locks.
  client_connection_check_interval: '1s',

  // To stderr, which is a file that we bound (see log-file.ts): the collector can rotate by size but never deletes.
  // Without statements and row contents, which hold prompts.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_line_prefix: '%m [%p] ',
  lc_messages: 'C',

  TimeZone: 'UTC',
  log_timezone: 'UTC',
};

/** The settings as arguments of `postgres`. */
export function settingArguments(): string[] {
  return Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
