/** Randomness that can be had again: a test prints its seed when it fails. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number of `from`..`to`, both inclusive. */
  integer(from: number, to: number): number;
  pick<Value>(values: readonly Value[]): Value;
}

/** Mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, integer, pick: (values) => values[integer(0, values.length - 1)]! };
}
