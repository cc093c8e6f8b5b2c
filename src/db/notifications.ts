/**
 * LISTEN/NOTIFY across processes, and the same events at once within this one.
 * A notification only says "look again": whoever waits also looks by itself from time to time.
 */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { clientOptions, sessionTarget } from './connection.ts';
import { type Database, statement } from './database.ts';

/**
 * `queue`: a pool has work. `requests`: these ids changed. `keys`: these API keys changed. `webhooks`: there is something to
 * tell others. `reconnected`: anything may have.
 */
type Topic = 'queue' | 'requests' | 'keys' | 'webhooks';

export interface Notifications extends AsyncDisposable {
  /** Tells this process at once and the others in batches; never fails, since nothing depends on it. */
  publish(topic: Topic, ids: string[]): void;
  subscribe(topic: Topic | 'reconnected', listener: (ids: string[]) => void): () => void;
}

const CHANNEL = 'darkroom';
const TOPICS = new Set<string | undefined>(['queue', 'requests', 'keys', 'webhooks'] satisfies Topic[]);
const LOOK_EVERY_MS = 10_000;
/** A payload is limited to 8,000 bytes; a UUID and its comma take 37. */
const IDS_PER_PAYLOAD = 200;

const notify = statement<never>(
  'notify',
  `select pg_notify('${CHANNEL}', payload) from unnest($1::text[]) as payload`,
);

/** Listens on a connection of its own, which is opened again whenever it breaks. */
export async function openNotifications(
  database: Database,
  log: Logger,
  lookEveryMs = LOOK_EVERY_MS,
): Promise<Notifications> {
  const look: pg.QueryConfig & { query_timeout: number } = {
    text: 'select 1',
    query_timeout: lookEveryMs / 2,
  };
  const origin = Math.random().toString(36).slice(2, 10);
  const emitter = new EventEmitter().setMaxListeners(0);
  let outgoing = new Map<Topic, Set<string>>();
  let sending = false;
  let closed = false;
  let listener: pg.Client | undefined;

  async function connect(): Promise<void> {
    const client = new pg.Client(clientOptions(sessionTarget(database.target), 'darkroom listen'));
    client.on('error', () => {});
    client.on('notification', ({ payload = '' }) => {
      const [from, topic, ids] = payload.split(' ');
      // Anybody with access to the database can say anything on the channel.
      if (from !== origin && TOPICS.has(topic) && ids) emitter.emit(topic!, ids.split(','));
    });
    try {
      await client.connect();
      // It only ever waits.
      await client.query(`set statement_timeout = 0; listen ${CHANNEL}`);
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    // A server that is there no more may not say so: who only listens would go on for ever.
    const looking = setInterval(() => {
      client.query(look).catch(() => client.end().catch(() => {}));
    }, lookEveryMs).unref();
    // Only from here on: what ends before is tried again by whoever tried, and must not be tried again by two.
    client.once('end', () => {
      clearInterval(looking);
      if (!closed) void reconnect();
    });
    listener = client;
  }

  async function reconnect(): Promise<void> {
    for (let delayMs = 100; !closed; delayMs = Math.min(delayMs * 2, 3000)) {
      await sleep(delayMs);
      try {
        await connect();
        if (closed) await listener?.end();
        else emitter.emit('reconnected', []);
        return;
      } catch (error) {
        log.debug({ err: error }, 'cannot listen to the database yet');
      }
    }
  }

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    try {
      while (outgoing.size > 0 && !closed) {
        const batch = outgoing;
        outgoing = new Map();
        const payloads: string[] = [];
        for (const [topic, ids] of batch) {
          const all = [...ids];
          for (let at = 0; at < all.length; at += IDS_PER_PAYLOAD) {
            payloads.push(`${origin} ${topic} ${all.slice(at, at + IDS_PER_PAYLOAD).join(',')}`);
          }
        }
        await database.rows(notify, [payloads]);
      }
    } catch (error) {
      log.debug({ err: error }, 'could not notify other processes');
    } finally {
      sending = false;
    }
  }

  await connect();
  return {
    publish(topic, ids) {
      if (ids.length === 0) return;
      emitter.emit(topic, ids);
      const set = outgoing.get(topic) ?? new Set();
      for (const id of ids) set.add(id);
      outgoing.set(topic, set);
      void send();
    },
    subscribe(topic, handler) {
      emitter.on(topic, handler);
      return () => emitter.off(topic, handler);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await listener?.end().catch(() => {});
    },
  };
}
