/**
 * Statuses that this process has read and that nothing has changed since. All of them where it is alone with its database and every
 * change passes through `notifications` before anybody is told of it; where others change requests too, those that have ended,
 * which can only be deleted.
 */
import type { Notifications } from '../db/notifications.ts';
import { isEnded } from './states.ts';
import type { Status } from './status-row.ts';

/** Some 650 bytes each. */
const MAX_ENTRIES = 131_072;
/** A change whose commit was not confirmed is not told of: what may still be changed is read again after this. */
const MAX_AGE_MS = 10_000;

interface Entry {
  row: Status;
  readAtMs: number;
  /** How often any request had moved by then: a position holds until the next does. */
  moves: number;
}

export interface StatusMemory extends Disposable {
  get(requestId: string): Status | undefined;
  /** Before a read, which ends with the disposal. */
  expect(): Reading;
}

interface Reading extends Disposable {
  /** Keeps `rows`, but for those that changed while they were read. */
  keep(rows: Status[]): void;
}

export interface StatusMemoryOptions {
  /** Whether no other process changes what is in the database. */
  alone: boolean;
  maxEntries?: number;
  now?: () => number;
}

export function createStatusMemory(
  notifications: Notifications,
  { alone, maxEntries = MAX_ENTRIES, now = () => performance.now() }: StatusMemoryOptions,
): StatusMemory {
  const entries = new Map<string, Entry>();
  /** For each read under way, what changed since it began. */
  const underWay = new Set<Set<string>>();
  let moves = 0;

  const forget = (ids: string[]): void => {
    moves++;
    for (const id of ids) {
      entries.delete(id);
      for (const changed of underWay) changed.add(id);
    }
  };
  const forgetAll = (): void => {
    moves++;
    entries.clear();
    underWay.clear();
  };
  const unsubscribe = [
    notifications.subscribe('requests', forget),
    notifications.subscribe('reconnected', forgetAll),
  ];

  const keep = (row: Status, readAtMs: number, movesBefore: number): void => {
    entries.delete(row.id);
    // The one kept longest goes first: as good as any where all are asked for alike, and it costs nothing.
    if (entries.size >= maxEntries) entries.delete(entries.keys().next().value!);
    entries.set(row.id, { row, readAtMs, moves: movesBefore });
  };

  return {
    get(requestId) {
      const entry = entries.get(requestId);
      if (!entry || (alone && isEnded(entry.row.state))) return entry?.row;
      const holds =
        now() - entry.readAtMs < MAX_AGE_MS && (entry.row.ahead === null || entry.moves === moves);
      return holds ? entry.row : undefined;
    },
    expect() {
      const changed = new Set<string>();
      const [readAtMs, movesBefore] = [now(), moves];
      underWay.add(changed);
      return {
        keep(rows) {
          if (!underWay.has(changed)) return;
          for (const row of rows)
            if ((alone || isEnded(row.state)) && !changed.has(row.id)) keep(row, readAtMs, movesBefore);
        },
        [Symbol.dispose]: () => void underWay.delete(changed),
      };
    },
    [Symbol.dispose]() {
      for (const stop of unsubscribe) stop();
    },
  };
}
