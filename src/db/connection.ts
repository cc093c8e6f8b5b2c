/** How a connection to PostgreSQL is made, and how long it may keep anybody waiting. */
import pg from 'pg';

/**
 * How to reach a server: a URL, or the embedded server's socket. `sessionConnectionString`: the first goes through a pooler
 * that gives a connection for a transaction at a time, this one does not.
 */
export type ConnectionTarget =
  | { connectionString: string; sessionConnectionString?: string }
  | { host: string; port: number; user: string; database: string };

/** Whether connections are shared between transactions: then no session has anything of its own. */
export const isPooled = (target: ConnectionTarget): boolean =>
  'sessionConnectionString' in target && target.sessionConnectionString !== undefined;

/** The same database for what lasts longer than a transaction: listening, locks, settings of a session. */
export const sessionTarget = (target: ConnectionTarget): ConnectionTarget =>
  'connectionString' in target
    ? { connectionString: target.sessionConnectionString ?? target.connectionString }
    : target;

/** What the server holds every session to. Why these numbers: docs/decisions/database-timeouts.md. */
export const SESSION_SETTINGS = {
  // Planning these short statements costs more than compiling them saves (15 ms against 2).
  jit: 'off',
  timezone: 'UTC',
  // All we ask takes milliseconds: what takes this long is in the way of others.
  statement_timeout: '15000',
  lock_timeout: '10000',
  // A process that stands still in the middle of a transaction keeps its locks no longer than this.
  idle_in_transaction_session_timeout: '5000',
  // A machine that is gone gives its connections back in a minute and a half, not in two hours.
  tcp_keepalives_idle: '60',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/** For a connection to be made, and to get one of the pool. */
export const CONNECT_TIMEOUT_MS = 5000;
/** Past the server's own limit for a statement: if even its refusal does not come, the connection is dead. */
export const ANSWER_TIMEOUT_MS = 20_000;
/** What nothing is sent on, as where we listen, is found to be dead in twice this. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Times as the contract has them: `2026-11-20T19:31:49.123456+00:00`. The session's time zone is UTC. */
function isoTime(text: string): string {
  const micros = text.slice(20, text.length - 3).padEnd(6, '0');
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.charAt(19) === '.' ? micros : '000000'}+00:00`;
}

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return Number;
    if (oid === TIMESTAMPTZ) return isoTime;
    return pg.types.getTypeParser(oid, format as 'text');
  },
};

/** What every connection is opened with. */
export function clientOptions(target: ConnectionTarget, applicationName: string): pg.ClientConfig {
  const settings = Object.entries(SESSION_SETTINGS).map(([name, value]) => `-c ${name}=${value}`);
  return {
    ...('connectionString' in target ? { connectionString: target.connectionString } : target),
    types,
    application_name: applicationName,
    // A pooler refuses them: `darkroom migrate` has made them the role's own.
    ...(!isPooled(target) && { options: settings.join(' ') }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}
