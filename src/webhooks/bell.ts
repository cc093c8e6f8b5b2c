/** Wakes everybody who waits. */
export interface Bell {
  /** Resolves when it rings next. */
  next(): Promise<void>;
  ring(): void;
}

export function createBell(): Bell {
  let pending = Promise.withResolvers<void>();
  return {
    next: () => pending.promise,
    ring() {
      pending.resolve();
      pending = Promise.withResolvers();
    },
  };
}
