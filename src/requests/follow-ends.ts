/** The ends of accounts' requests, told to listeners as they come: one look for all of them, none while nobody listens. */
import type { Logger } from 'pino';
import { type Database, isUnavailable } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { type End, type Place, readEnds } from './read-ends.ts';

export interface EndsFollower extends Disposable {
  /** The listener takes more again. */
  resume(): void;
}

export interface EndsFollowing extends Disposable {
  /**
   * Every end of the account after `from`, once, in order.
   * @param listener gets one at a time; false: no more until `resume`
   */
  follow(accountId: string, from: Place, listener: (end: End) => Promise<boolean>): EndsFollower;
}

interface Entry {
  accountId: string;
  after: Place;
  listener(end: End): Promise<boolean>;
  /** It is being told. */
  telling: boolean;
  /** It does not take any more. */
  full: boolean;
}

/** A notification may be lost. */
const LOOK_EVERY_MS = 2000;
/** Between two looks, however much happens; also how long after a notification it is looked once more. */
const LOOK_APART_MS = 100;
const AT_ONCE = 100;

export function createEndsFollowing(db: Database, notifications: Notifications, log: Logger): EndsFollowing {
  const entries = new Set<Entry>();
  let timer: NodeJS.Timeout | undefined;
  let lookAgain: NodeJS.Timeout | undefined;
  let looking = false;
  let wanted = false;

  async function tell(entry: Entry, ends: End[]): Promise<void> {
    entry.telling = true;
    try {
      for (const end of ends) {
        if (entry.full || !entries.has(entry)) return;
        entry.full = !(await entry.listener(end));
        entry.after = { endedAt: end.ended_at, requestId: end.request_id };
      }
    } catch (error) {
      // It goes on from where it was.
      report(error);
    } finally {
      entry.telling = false;
    }
    if (ends.length === AT_ONCE) void look();
  }

  const report = (error: unknown): void => {
    if (!isUnavailable(error)) log.error({ err: error }, 'the ends of requests could not be read');
  };

  async function look(): Promise<void> {
    wanted = true;
    if (looking) return;
    looking = true;
    try {
      while (wanted) {
        wanted = false;
        const listening = [...entries].filter(({ telling, full }) => !telling && !full);
        if (listening.length === 0) break;
        const found = await readEnds(db, listening, AT_ONCE);
        for (const [index, entry] of listening.entries())
          if (found[index]!.length > 0) void tell(entry, found[index]!);
      }
    } catch (error) {
      report(error);
    } finally {
      looking = false;
    }
  }

  /** At once, and once more shortly after: another end that was under way may have held this one back. */
  const wake = (): void => {
    if (entries.size === 0 || lookAgain) return;
    void look();
    lookAgain = setTimeout(() => {
      lookAgain = undefined;
      void look();
    }, LOOK_APART_MS);
  };

  const unsubscribe = [
    notifications.subscribe('requests', wake),
    notifications.subscribe('reconnected', wake),
  ];
  const stop = (): void => {
    clearInterval(timer);
    clearTimeout(lookAgain);
    timer = undefined;
    lookAgain = undefined;
  };

  return {
    follow(accountId, from, listener) {
      const entry: Entry = { accountId, after: from, listener, telling: false, full: false };
      entries.add(entry);
      timer ??= setInterval(() => void look(), LOOK_EVERY_MS).unref();
      void look();
      return {
        resume() {
          entry.full = false;
          void look();
        },
        [Symbol.dispose]() {
          entries.delete(entry);
          if (entries.size === 0) stop();
        },
      };
    },
    [Symbol.dispose]() {
      for (const off of unsubscribe) off();
      entries.clear();
      stop();
    },
  };
}
