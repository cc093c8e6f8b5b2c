/** Seeds: drawn when absent, one for each round, always within what every backend takes. */

/** Backends take 31 bits. */
const SEEDS = 2 ** 31;

export const drawSeed = (random: () => number = Math.random): number => Math.floor(random() * SEEDS);

/** The seed of a round: the request's, moved on by the round's place. A given 0 is a seed as any other. */
export const roundSeed = (seed: number, index: number): number => (((seed + index) % SEEDS) + SEEDS) % SEEDS;

/** Another seed for a round that gave nothing, the same each time it is asked for. */
export const otherSeed = (seed: number): number => roundSeed(seed, 1_000_003);

/** What to tell a caller whose seed no backend could take as it was. */
export function seedAdjustment(seed: number): string | undefined {
  return seed === roundSeed(seed, 0)
    ? undefined
    : `seed ${seed} is outside 0..${SEEDS - 1}; ${roundSeed(seed, 0)} was used`;
}
