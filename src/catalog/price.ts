import type { Model } from './model.ts';

/** What one output of a validated `input` costs, in millionths of a USD. */
export function priceOf(model: Model, input: Readonly<Record<string, unknown>>): number {
  const resolution = input.resolution ?? model.inputSchema.properties.resolution?.default;
  const { prices } = model;
  const price = isPriced(prices, resolution) ? prices[resolution] : prices.default;
  if (price === undefined) throw new Error(`${model.id} has no price for resolution ${String(resolution)}`);
  return price;
}

/** What a validated `input` asks for: how many outputs, and their price together in millionths of a USD. */
export function estimate(
  model: Model,
  input: Readonly<Record<string, unknown>>,
): { outputs: number; microUsd: number } {
  const asked = input.num_images ?? model.inputSchema.properties.num_images?.default;
  const outputs = typeof asked === 'number' ? asked : 1;
  return { outputs, microUsd: outputs * priceOf(model, input) };
}

function isPriced(prices: Model['prices'], resolution: unknown): resolution is keyof Model['prices'] {
  return typeof resolution === 'string' && Object.hasOwn(prices, resolution);
}
