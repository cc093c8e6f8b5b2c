/** One pool of connections to PostgreSQL, named statements on it, and transactions that are tried again where that is safe. */
import pg from 'pg';
import type { Logger } from 'pino';

/** How to reach a server: a URL, or the embedded server's socket. */
export type ConnectionTarget =
  | { connectionString: string }
  | { host: string; port: number; user: string; database: string };

/**
 * A statement with a name: prepared once for each connection, and shown by that name in logs.
 * The type parameter is the shape of a returned row.
 */
export interface Statement<Row> {
  name: string;
  text: string;
  /** Only carries the type. */
  readonly row?: Row;
}

export const statement = <Row>(name: string, text: string): Statement<Row> => ({ name, text });

export interface Queryable {
  /** All rows of `statement`. */
  rows<Row>(statement: Statement<Row>, values?: unknown[]): Promise<Row[]>;
  /** The first row, if any. */
  row<Row>(statement: Statement<Row>, values?: unknown[]): Promise<Row | undefined>;
}

export interface Database extends Queryable, AsyncDisposable {
  readonly target: ConnectionTarget;
  /** Runs `work` in one transaction; tried again when the server chose it as the victim of a deadlock. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  /** Several statements without parameters, for migrations. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

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

/** What every connection is opened with. jit: planning these short statements costs more than it saves (15 ms against 2). */
export function clientOptions(target: ConnectionTarget, applicationName: string): pg.ClientConfig {
  return {
    ...target,
    types,
    application_name: applicationName,
    options:
      '-c jit=off -c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  };
}

/** Past the server's own limit for a statement: if even its refusal does not come, the connection is dead. */
const ANSWER_TIMEOUT_MS = 40_000;
const NO_ANSWER = 'Query read timeout';

const DEADLOCK = '40P01';
const SERIALIZATION = '40001';

export function openDatabase(
  target: ConnectionTarget,
  options: { maxConnections: number; log: Logger; applicationName?: string; answerTimeoutMs?: number },
): Database {
  const pool = new pg.Pool({
    ...clientOptions(target, options.applicationName ?? 'darkroom'),
    max: options.maxConnections,
    idleTimeoutMillis: 60_000,
    query_timeout: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
  });
  let closing = false;
  // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
  pool.on('error', (error) => {
    // The last ones may still be on their way out when the server stops.
    if (!closing) options.log.warn({ err: error }, 'a database connection broke');
  });

  async function close(): Promise<void> {
    closing = true;
    await pool.end();
  }

  const queryable = (client: pg.Pool | pg.PoolClient): Queryable => ({
    async rows<Row>(statement: Statement<Row>, values: unknown[] = []) {
      const result = await client.query({ name: statement.name, text: statement.text, values });
      return result.rows as Row[];
    },
    async row<Row>(statement: Statement<Row>, values: unknown[] = []) {
      const result = await client.query({ name: statement.name, text: statement.text, values });
      return result.rows[0] as Row | undefined;
    },
  });

  async function once<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const client = await pool.connect();
    let broken: Error | undefined;
    // The pool listens only while a connection is idle: without a listener of ours, one that breaks ends the process.
    const onBroken = (error: Error): void => {
      broken = error;
    };
    client.on('error', onBroken);
    try {
      await client.query('begin');
      const result = await work(queryable(client));
      await client.query('commit');
      return result;
    } catch (error) {
      if ((error as Error).message === NO_ANSWER) broken = error as Error;
      else
        await client.query('rollback').catch((failure: Error) => {
          broken = failure;
        });
      throw error;
    } finally {
      client.off('error', onBroken);
      client.release(broken);
    }
  }

  return {
    target,
    ...queryable(pool),
    async transaction(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(work);
        } catch (error) {
          const code = (error as { code?: string }).code;
          if (attempt >= 5 || (code !== DEADLOCK && code !== SERIALIZATION)) throw error;
        }
      }
    },
    async script(text) {
      await pool.query(text);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Whether `error` says that the database could not be reached or is not taking work now: nothing is wrong with
 * the statement. SQLSTATE classes 08 (connection), 53 (resources), 57 (shutdown, starting up, took too long), and
 * socket errors.
 */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (code !== undefined)
    return /^(08|53|57|ECONN|ENOENT$|EPIPE$|ETIMEDOUT$|EHOSTUNREACH$|ENOTFOUND$|EAI_AGAIN$|25P03$)/.test(
      code,
    );
  return /Connection terminated|^Query read timeout$|timeout exceeded when trying to connect|^timeout expired$|Client has encountered a connection error|not queryable/.test(
    message ?? '',
  );
}
