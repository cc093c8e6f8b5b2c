/**
 * How many attempts are under way at once. A receiver that answers is quick, so few slots do for any number of them;
 * one that hangs only waits, so after a second it no longer counts among the quick, and holds up nobody.
 */

export interface Slot extends Disposable {}

export interface Slots {
  /** In the order of asking. @throws the signal's reason. */
  take(signal: AbortSignal): Promise<Slot>;
  /** How many attempts could begin now. */
  readonly free: number;
}

export interface SlotOptions {
  quick: number;
  waiting: number;
  quickMs: number;
}

const USUAL: SlotOptions = { quick: 64, waiting: 960, quickMs: 1000 };

export function createSlots({ quick, waiting, quickMs }: SlotOptions = USUAL): Slots {
  const queue = new Set<() => void>();
  let quickNow = 0;
  let waitingNow = 0;

  const free = (): number => Math.min(quick - quickNow, quick + waiting - quickNow - waitingNow);

  const next = (): void => {
    for (const start of queue) {
      if (free() <= 0) return;
      queue.delete(start);
      start();
    }
  };

  function occupy(): Slot {
    quickNow++;
    let slow = false;
    const timer = setTimeout(() => {
      slow = true;
      quickNow--;
      waitingNow++;
      next();
    }, quickMs);
    return {
      [Symbol.dispose]() {
        clearTimeout(timer);
        if (slow) waitingNow--;
        else quickNow--;
        next();
      },
    };
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          queue.delete(start);
          reject(signal.reason);
        };
        const start = (): void => {
          signal.removeEventListener('abort', leave);
          resolve(occupy());
        };
        if (signal.aborted) return reject(signal.reason);
        signal.addEventListener('abort', leave, { once: true });
        queue.add(start);
        next();
      });
    },
    get free() {
      return Math.max(0, free() - queue.size);
    },
  };
}
