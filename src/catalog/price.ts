import type { Model } from './model.ts';

/** The most a round gives where the caller does not limit it. */
export const MAX_OUTPUTS_PER_ROUND = 4;

/** What one output of a validated `input` costs, in millionths of a USD. */
export function priceOf(model: Model, input: Readonly<Record<string, unknown>>): number {
  const resolution = input.resolution ?? model.inputSchema.properties.resolution?.default;
  const { prices } = model;
  const price = isPriced(prices, resolution) ? prices[resolution] : prices.default;
  if (price === undefined) throw new Error(`${model.id} has no price for resolution ${String(resolution)}`);
  return price;
}

interface Estimate {
  outputs: number;
  /** Millionths of a USD for one output each. */
  microUsd: number;
  /** The same for as many as may come; reserved until it is known how many did. */
  maxMicroUsd: number;
}

/** What a validated `input` asks for: how many outputs, and their price together. */
export function estimate(model: Model, input: Readonly<Record<string, unknown>>): Estimate {
  const asked = input.num_images ?? model.inputSchema.properties.num_images?.default;
  const outputs = typeof asked === 'number' ? asked : 1;
  const microUsd = outputs * priceOf(model, input);
  return { outputs, microUsd, maxMicroUsd: microUsd * (limitsRounds(input) ? 1 : MAX_OUTPUTS_PER_ROUND) };
}

/** Whether each round gives one output, however many come. */
export const limitsRounds = (input: Readonly<Record<string, unknown>>): boolean =>
  input.limit_generations !== false;

function isPriced(prices: Model['prices'], resolution: unknown): resolution is keyof Model['prices'] {
  return typeof resolution === 'string' && Object.hasOwn(prices, resolution);
}
