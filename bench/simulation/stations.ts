/** What a simulated system is made of: a clock, servers with queues, locks, and a log whose sync is shared. */

export interface Clock {
  nowMs: number;
  in(delayMs: number, then: () => void): void;
  /** Until `untilMs`, or nothing is left to happen. */
  run(untilMs: number): void;
}

/** Events in a binary heap, the next one first; of those at one moment, the one announced first. */
export function createClock(): Clock {
  const heap: { atMs: number; order: number; then: () => void }[] = [];
  let order = 0;
  const before = (a: number, b: number): boolean => {
    const [one, other] = [heap[a]!, heap[b]!];
    return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  };
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  const clock: Clock = {
    nowMs: 0,
    in(delayMs, then) {
      heap.push({ atMs: clock.nowMs + delayMs, order: order++, then });
      for (let at = heap.length - 1; at > 0 && before(at, (at - 1) >> 1); at = (at - 1) >> 1)
        swap(at, (at - 1) >> 1);
    },
    run(untilMs) {
      while (heap.length > 0 && heap[0]!.atMs <= untilMs) {
        const { atMs, then } = heap[0]!;
        swap(0, heap.length - 1);
        heap.pop();
        for (let at = 0; ; ) {
          const [left, right] = [2 * at + 1, 2 * at + 2];
          let first = at;
          if (left < heap.length && before(left, first)) first = left;
          if (right < heap.length && before(right, first)) first = right;
          if (first === at) break;
          swap(at, first);
          at = first;
        }
        clock.nowMs = atMs;
        then();
      }
    },
  };
  return clock;
}

export interface Station {
  /** Served in the order of asking. */
  use(serviceMs: number, then: () => void): void;
  readonly busyMs: number;
}

/** So many servers with one queue: the cores of a machine, or the one thread of a process. */
export function createStation(clock: Clock, servers: number): Station {
  const waiting: { serviceMs: number; then: () => void }[] = [];
  let next = 0;
  let free = servers;
  let busyMs = 0;
  const serve = (serviceMs: number, then: () => void): void => {
    free--;
    busyMs += serviceMs;
    clock.in(serviceMs, () => {
      free++;
      if (next < waiting.length) {
        const one = waiting[next]!;
        next++;
        if (next === waiting.length) {
          waiting.length = 0;
          next = 0;
        }
        serve(one.serviceMs, one.then);
      }
      then();
    });
  };
  return {
    use(serviceMs, then) {
      if (free > 0) serve(serviceMs, then);
      else waiting.push({ serviceMs, then });
    },
    get busyMs() {
      return busyMs;
    },
  };
}

export interface Locks {
  /** All of `keys`, in their order, as transactions here take them. */
  take(keys: readonly number[], then: () => void): void;
  release(keys: readonly number[]): void;
}

/** Locks of rows, held until the end of a transaction. */
export function createLocks(): Locks {
  const held = new Map<number, (() => void)[]>();
  const take = (keys: readonly number[], then: () => void, at = 0): void => {
    const key = keys[at];
    const go = (): void => take(keys, then, at + 1);
    if (key === undefined) then();
    else if (held.has(key)) held.get(key)!.push(go);
    else {
      held.set(key, []);
      go();
    }
  };
  return {
    take: (keys, then) => take(keys, then),
    release(keys) {
      for (const key of keys) {
        const next = held.get(key)!.shift();
        if (next) next();
        else held.delete(key);
      }
    },
  };
}

export interface Log {
  commit(then: () => void): void;
  readonly syncs: number;
}

/** One sync at a time; all who came while one was under way share the next. */
export function createLog(clock: Clock, syncMs: number): Log {
  let waiting: (() => void)[] = [];
  let syncing = false;
  let syncs = 0;
  const sync = (): void => {
    if (syncing || waiting.length === 0) return;
    const these = waiting;
    waiting = [];
    syncing = true;
    syncs++;
    clock.in(syncMs, () => {
      syncing = false;
      sync();
      for (const then of these) then();
    });
  };
  return {
    commit(then) {
      waiting.push(then);
      sync();
    },
    get syncs() {
      return syncs;
    },
  };
}
