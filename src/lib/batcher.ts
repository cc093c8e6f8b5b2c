/**
 * Turns many single calls into few batched ones: what arrives while a batch is under way forms the next, and a batch
 * waits for as long as each turn of the event loop brings more. No timer: alone, a call goes at once.
 */
/** Turns of the event loop, each well below a millisecond, that a batch waits at most. */
const MAX_TURNS = 10;

export interface BatcherOptions<Item, Result> {
  /** Gets 1..maxSize items, answers in their order. An answer that is an `Error` rejects that call alone. */
  run(items: Item[]): Promise<(Result | Error)[]>;
  maxSize: number;
  /** Batches under way at once. */
  concurrency: number;
}

export function createBatcher<Item, Result>(
  options: BatcherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  interface Waiting {
    item: Item;
    resolve(result: Result): void;
    reject(error: unknown): void;
  }
  let waiting: Waiting[] = [];
  let running = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || running >= options.concurrency || waiting.length === 0) return;
    scheduled = true;
    waitForCompany(waiting.length, MAX_TURNS);
  };

  /** A turn reads all sockets that have something; one that brought nothing new says that nobody else is about to come. */
  const waitForCompany = (before: number, turns: number): void => {
    setImmediate(() => {
      const arrived = waiting.length - before;
      if (arrived > 0 && turns > 1 && waiting.length < options.maxSize)
        return waitForCompany(waiting.length, turns - 1);
      scheduled = false;
      start();
    });
  };

  const start = (): void => {
    while (running < options.concurrency && waiting.length > 0) {
      const batch = waiting.slice(0, options.maxSize);
      waiting = waiting.slice(options.maxSize);
      running++;
      void runBatch(batch);
    }
  };

  const runBatch = async (batch: Waiting[]): Promise<void> => {
    const settle = await run(batch);
    running--;
    // The next one is under way while the callers of this one go on: neither waits for the other's work.
    if (!scheduled) start();
    settle();
  };

  /** @returns what tells each caller its answer. */
  const run = async (batch: Waiting[]): Promise<() => void> => {
    try {
      const results = await options.run(batch.map(({ item }) => item));
      return () => {
        for (const [index, { resolve, reject }] of batch.entries()) {
          const result = results[index];
          if (result instanceof Error) reject(result);
          else resolve(result as Result);
        }
      };
    } catch (error) {
      return () => {
        for (const { reject } of batch) reject(error);
      };
    }
  };

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      schedule();
    });
}
