/**
 * USD per million tokens, standard tier. From Google's pricing page for the Gemini API as of 9 October 2026
 * (ai.google.dev/gemini-api/docs/pricing), 2.5 as of its last months. Web searches are billed apart and not counted.
 */
import { familyOf } from './upstream-models.ts';

interface TokenPrices {
  /** Text and images alike. */
  input: number;
  /** Text and thoughts, drafts among them. */
  text: number;
  image: number;
}

const PRICES: Readonly<Record<string, TokenPrices>> = {
  'gemini-2.5-flash-image': { input: 0.3, text: 2.5, image: 30 },
  'gemini-3-pro-image': { input: 2, text: 12, image: 120 },
  'gemini-3.1-flash-image': { input: 0.5, text: 3, image: 60 },
  'gemini-3.1-flash-lite-image': { input: 0.25, text: 1.5, image: 30 },
  'gemini-nano-banana-2.1': { input: 1.5, text: 7.5, image: 30 },
};

/** Of an answer's `usageMetadata`; what is not there is undefined. */
export interface Usage {
  promptTokenCount?: number | undefined;
  toolUsePromptTokenCount?: number | undefined;
  candidatesTokenCount?: number | undefined;
  thoughtsTokenCount?: number | undefined;
  /** Of the candidates' tokens, those that are images; undefined where the answer does not break them down. */
  imageTokenCount?: number | undefined;
}

export const hasPrices = (upstreamModel: string): boolean => Object.hasOwn(PRICES, familyOf(upstreamModel));

/** What a call cost in USD by its tokens; undefined for a model without prices here and an answer that does not count. */
export function costOf(upstreamModel: string, usage: Usage | undefined): number | undefined {
  if (!usage?.candidatesTokenCount || !hasPrices(upstreamModel)) return undefined;
  const prices = PRICES[familyOf(upstreamModel)]!;
  const candidates = usage.candidatesTokenCount;
  // Not broken down, they are nearly all an image's.
  const images = Math.min(candidates, usage.imageTokenCount ?? candidates);
  const input = (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0);
  const text = candidates - images + (usage.thoughtsTokenCount ?? 0);
  return (input * prices.input + text * prices.text + images * prices.image) / 1e6;
}
