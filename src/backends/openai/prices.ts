/**
 * USD per million tokens, standard tier. gpt-image-1-mini and 2.6 from the models' pages at developers.openai.com as of
 * November 2026; gpt-image-2 from OpenAI's price list as of April 2026, confirmed as unchanged for 2.5 in September;
 * gpt-image-1 and 1.5 as of their last months.
 */
import { familyOf } from './upstream-models.ts';

interface TokenPrices {
  textInput: number;
  imageInput: number;
  imageOutput: number;
}

const SINCE_2: TokenPrices = { textInput: 5, imageInput: 8, imageOutput: 30 };

const PRICES: Readonly<Record<string, TokenPrices>> = {
  'gpt-image-1': { textInput: 5, imageInput: 10, imageOutput: 40 },
  'gpt-image-1-mini': { textInput: 2, imageInput: 2.5, imageOutput: 8 },
  'gpt-image-1.5': { textInput: 5, imageInput: 8, imageOutput: 32 },
  'gpt-image-2': SINCE_2,
  'gpt-image-2.5-flare': SINCE_2,
  'gpt-image-2.5-sunburst': SINCE_2,
  'gpt-image-2.6-flare': SINCE_2,
  'gpt-image-2.6-sunburst': SINCE_2,
};

/** Of an answer's `usage`; what is not there is undefined. */
export interface Usage {
  inputTokens: number | undefined;
  /** Of the input's tokens, those that are images; undefined where the answer does not break them down. */
  imageInputTokens: number | undefined;
  outputTokens: number | undefined;
}

export const hasPrices = (upstreamModel: string): boolean => Object.hasOwn(PRICES, familyOf(upstreamModel));

/**
 * What a call cost in USD by its tokens; undefined for a model without prices here and an answer that does not count.
 * Cached input is cheaper but not told of, so that this is at times a little more than the bill.
 */
export function costOf(upstreamModel: string, usage: Usage): number | undefined {
  if (!usage.outputTokens || !hasPrices(upstreamModel)) return undefined;
  const prices = PRICES[familyOf(upstreamModel)]!;
  const input = usage.inputTokens ?? 0;
  const images = Math.min(input, usage.imageInputTokens ?? 0);
  const millionths =
    (input - images) * prices.textInput +
    images * prices.imageInput +
    usage.outputTokens * prices.imageOutput;
  return millionths / 1e6;
}

/** Reads `usage` as it came: anything that is no count is left out. */
export function readUsage(value: unknown): Usage {
  const usage = objectOf(value);
  return {
    inputTokens: countOf(usage.input_tokens),
    imageInputTokens: countOf(objectOf(usage.input_tokens_details).image_tokens),
    outputTokens: countOf(usage.output_tokens),
  };
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const countOf = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
