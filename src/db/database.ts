/** One pool of connections to PostgreSQL, named statements on it, and transactions that are tried again where that is safe. */
import pg from 'pg';
import type { Logger } from 'pino';
import {
  ANSWER_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  type ConnectionTarget,
  clientOptions,
  isPooled,
} from './connection.ts';

/**
 * A statement with a name: prepared once for each connection, and shown by that name in logs.
 * The type parameter is the shape of a returned row.
 */
export interface Statement<Row> {
  name: string;
  text: string;
  /** Where waiting as long as for any other would be too late. */
  answerWithinMs?: number;
  /** Only carries the type. */
  readonly row?: Row;
}

export const statement = <Row>(
  name: string,
  text: string,
  options: Pick<Statement<Row>, 'answerWithinMs'> = {},
): Statement<Row> => ({ name, text, ...options });

/** Outside of a transaction each statement is one, and is tried again when the server chose it as the victim of a deadlock. */
export interface Queryable {
  /** All rows of `statement`. */
  rows<Row>(statement: Statement<Row>, values?: unknown[]): Promise<Row[]>;
  /** The first row, if any. */
  row<Row>(statement: Statement<Row>, values?: unknown[]): Promise<Row | undefined>;
}

/** How busy a pool of connections is. */
interface PoolLoad {
  /** Connections in use, open and unused, and as many as there may be. */
  busy: number;
  idle: number;
  limit: number;
  /** Callers that wait for one. */
  waiting: number;
}

export interface Database extends Queryable, AsyncDisposable {
  readonly target: ConnectionTarget;
  load(): PoolLoad;
  /** Runs `work` in one transaction; tried again when the server chose it as the victim of a deadlock. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  /** Several statements without parameters, for migrations. */
  script(text: string): Promise<void>;
  close(): Promise<void>;
}

const NO_ANSWER = 'Query read timeout';
const READ_ONLY = '25006';
const DEADLOCK = '40P01';
const SERIALIZATION = '40001';
const MOST_ATTEMPTS = 5;

export function openDatabase(
  target: ConnectionTarget,
  options: { maxConnections: number; log: Logger; applicationName?: string; answerTimeoutMs?: number },
): Database {
  const pool = new pg.Pool({
    ...clientOptions(target, options.applicationName ?? 'darkroom'),
    max: options.maxConnections,
    idleTimeoutMillis: 60_000,
    query_timeout: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    onConnect: refuseStandby,
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

  // When each connection was last known to work. One that gives no answer is seldom alone: its server is gone, or another
  // stands in its place, and those that were not heard of since would each keep somebody waiting as long.
  const workedAt = new WeakMap<pg.PoolClient, number>();
  let doubtedBefore = 0;
  pool.on('connect', (client) => workedAt.set(client, performance.now()));

  async function connect(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if (workedAt.get(client)! >= doubtedBefore) return client;
      client.release(true);
    }
  }

  /** Runs `work` on a connection, which is kept if it can be used again. */
  async function onConnection<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
    const client = await connect();
    const startedAt = performance.now();
    let broken: Error | undefined;
    // The pool listens only while a connection is idle: without a listener of ours, one that breaks ends the process.
    const onBroken = (error: Error): void => {
      broken = error;
    };
    client.on('error', onBroken);
    try {
      const result = await work(client);
      workedAt.set(client, performance.now());
      return result;
    } catch (error) {
      if (isUnavailable(error)) broken = error as Error;
      const { message, code } = error as { message?: string; code?: string };
      if (message === NO_ANSWER) doubtedBefore = Math.max(doubtedBefore, startedAt);
      if (code === READ_ONLY) doubtedBefore = performance.now();
      throw error;
    } finally {
      client.off('error', onBroken);
      client.release(broken);
    }
  }

  // Prepared once for each connection, where a connection is ours to prepare on.
  const named = !isPooled(target);
  const query = ({ name, text, answerWithinMs }: Statement<unknown>, values: unknown[]): pg.QueryConfig => ({
    ...(named && { name }),
    ...(answerWithinMs !== undefined && { query_timeout: answerWithinMs }),
    text,
    values,
  });
  const queryable = (run: (config: pg.QueryConfig) => Promise<pg.QueryResult>): Queryable => ({
    async rows<Row>(statement: Statement<Row>, values: unknown[] = []) {
      return (await run(query(statement, values))).rows as Row[];
    },
    async row<Row>(statement: Statement<Row>, values: unknown[] = []) {
      return (await run(query(statement, values))).rows[0] as Row | undefined;
    },
  });

  const once = <Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> =>
    onConnection(async (client) => {
      try {
        await client.query('begin');
        const result = await work(queryable((config) => client.query(config)));
        await client.query('commit');
        return result;
      } catch (error) {
        // Otherwise its connection is closed, and the transaction ends with it.
        if (!isUnavailable(error)) await client.query('rollback').catch(() => client.end());
        throw error;
      }
    });

  return {
    target,
    load: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      limit: options.maxConnections,
      waiting: pool.waitingCount,
    }),
    // A statement by itself is a transaction as well.
    ...queryable((config) => again(options.log, () => onConnection((client) => client.query(config)))),
    transaction: (work) => again(options.log, () => once(work)),
    async script(text) {
      await pool.query(text);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A transaction that the server has chosen as the victim of a deadlock has left nothing behind. */
async function again<Result>(log: Logger, transact: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact();
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (attempt >= MOST_ATTEMPTS || (code !== DEADLOCK && code !== SERIALIZATION)) throw error;
      log.info({ err: error }, 'a transaction met another one and is tried again');
    }
  }
}

/** A standby takes no writes, and may not have heard yet of what was acknowledged: to the caller that is no database. */
async function refuseStandby(client: pg.ClientBase): Promise<void> {
  const ask = { text: 'select pg_is_in_recovery() as standby', query_timeout: CONNECT_TIMEOUT_MS };
  const { rows } = await client.query<{ standby: boolean }>(ask);
  if (rows[0]!.standby)
    throw Object.assign(new Error('the database is a standby that takes no writes'), { code: READ_ONLY });
}

/**
 * Whether `error` says that the database could not be reached or is not taking work now: nothing is wrong with
 * the statement. SQLSTATE classes 08 (connection), 53 (resources), 57 (shutdown, starting up, took too long), 58 (its disk or
 * system fails); it is read-only, as a standby is; a lock did not come; and socket errors.
 */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (code !== undefined)
    return /^(08|53|57|58|ECONN|ENOENT$|ENET|EPIPE$|ETIMEDOUT$|EHOST|ENOTFOUND$|EAI_AGAIN$|25006$|25P03$|55P03$)/.test(
      code,
    );
  return /Connection terminated|^Query read timeout$|timeout exceeded when trying to connect|^timeout expired$|Client has encountered a connection error|not queryable/.test(
    message ?? '',
  );
}
