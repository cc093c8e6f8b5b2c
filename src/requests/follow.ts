/**
 * Requests as they change, told to many listeners at once. However many there are: no timer and no query for each. A
 * notification makes one shared read of the requests it names; positions in the queue, of which nobody tells, are
 * looked at for all who wait together, once a second while something moves.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Database, isUnavailable } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { readChanges } from './read-changes.ts';
import type { Outcome, ReadOutcome } from './read-result.ts';
import type { ReadStatus } from './read-status.ts';
import { isEnded } from './states.ts';
import type { Status } from './status-row.ts';

export interface Followed {
  status: Status;
  /** Once it has an output or has ended. */
  outcome: Outcome | undefined;
}

/** Told at each change; undefined: the request is gone. */
type Listener = (now: Followed | undefined) => void;

interface Follower extends Disposable {
  /** Reads the request; until then `now` is unknown. No change after the call is missed. */
  read(): Promise<void>;
  /** Undefined: there is no such request. */
  readonly now: Followed | undefined;
}

export interface Following extends Disposable {
  follow(requestId: string, listener: Listener): Follower;
  /** Until listeners have been told of all that was announced before. */
  caughtUp(): Promise<void>;
}

interface Entry {
  id: string;
  listeners: Set<Listener>;
  now: Followed | undefined;
  reading: Promise<void> | undefined;
  /** Something changed while it was read. */
  again: boolean;
}

const LOOK_EVERY_MS = 1000;
/** A notification may be lost: at every so many looks all are compared. */
const LOOKS_BETWEEN_CHECKS = 5;
/** Told in one go; other work has its turn in between. */
const TOLD_AT_ONCE = 200;

export interface FollowingContext {
  db: Database;
  notifications: Notifications;
  log: Logger;
  readStatus: ReadStatus;
  readOutcome: ReadOutcome;
}

export function createFollowing({
  db,
  notifications,
  log,
  readStatus,
  readOutcome,
}: FollowingContext): Following {
  const entries = new Map<string, Entry>();
  let looks = 0;
  let moved = false;
  let comparing = false;
  let timer: NodeJS.Timeout | undefined;

  const tell = (entry: Entry, now: Followed | undefined): void => {
    entry.now = now;
    for (const listener of [...entry.listeners]) listener(now);
  };

  async function read(entry: Entry): Promise<void> {
    const status = await readStatus(entry.id);
    if (!status) return tell(entry, undefined);
    const before = entry.now;
    // A position alone is told with those of all others.
    if (before && before.status.version >= status.version) return;
    let outcome = before?.outcome;
    if (isEnded(status.state) || status.done > (outcome?.done ?? 0)) outcome = await readOutcome(entry.id);
    // It was removed between the two.
    if (isEnded(status.state) && !outcome) return tell(entry, undefined);
    tell(entry, { status, outcome });
  }

  /** One read at a time, so that what is told never goes back; whoever asks meanwhile gets what is read afterwards. */
  function refresh(entry: Entry): Promise<void> {
    if (entry.reading) entry.again = true;
    else
      entry.reading = (async () => {
        do {
          entry.again = false;
          await read(entry);
        } while (entry.again && entry.listeners.size > 0);
      })().finally(() => {
        entry.reading = undefined;
      });
    return entry.reading;
  }

  /** Should the read fail, the next comparison finds that it is still to be made. */
  const refreshLater = (entry: Entry): void => void refresh(entry).catch(report);

  const report = (error: unknown): void => {
    if (!isUnavailable(error)) log.error({ err: error }, 'followed requests could not be read');
  };

  async function compare(which: (now: Followed) => boolean): Promise<void> {
    if (comparing) return;
    comparing = true;
    try {
      const known = [...entries.values()].flatMap(({ now }) => (now && which(now) ? [now.status] : []));
      const changes = known.length > 0 ? await readChanges(db, known) : [];
      for (const [index, { id, version, ahead }] of changes.entries()) {
        if (index % TOLD_AT_ONCE === TOLD_AT_ONCE - 1) await nextTurn();
        const entry = entries.get(id);
        if (!entry?.now) continue;
        if (entry.now.status.version !== version) refreshLater(entry);
        else tell(entry, { ...entry.now, status: { ...entry.now.status, ahead } });
      }
    } catch (error) {
      report(error);
      moved = true;
    } finally {
      comparing = false;
    }
  }

  const look = (): void => {
    looks = (looks + 1) % LOOKS_BETWEEN_CHECKS;
    if (looks > 0 && !moved) return;
    moved = false;
    void compare(looks === 0 ? () => true : ({ status }) => status.ahead !== null);
  };

  const unsubscribe = [
    notifications.subscribe('requests', (ids) => {
      moved = true;
      for (const id of ids) {
        const entry = entries.get(id);
        if (entry) refreshLater(entry);
      }
    }),
    notifications.subscribe('reconnected', () => void compare(() => true)),
  ];

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };

  return {
    follow(requestId, listener) {
      const entry = entries.get(requestId) ?? {
        id: requestId,
        listeners: new Set<Listener>(),
        now: undefined,
        reading: undefined,
        again: false,
      };
      entries.set(requestId, entry);
      entry.listeners.add(listener);
      timer ??= setInterval(look, LOOK_EVERY_MS).unref();
      return {
        read: () => refresh(entry),
        get now() {
          return entry.now;
        },
        [Symbol.dispose]() {
          entry.listeners.delete(listener);
          if (entry.listeners.size > 0 || entries.get(requestId) !== entry) return;
          entries.delete(requestId);
          if (entries.size === 0) stop();
        },
      };
    },
    async caughtUp() {
      await Promise.allSettled([...entries.values()].map(({ reading }) => reading));
    },
    [Symbol.dispose]() {
      for (const off of unsubscribe) off();
      stop();
    },
  };
}
