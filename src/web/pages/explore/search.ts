/** What Explore shows, as it stands in the URL. */
import type { Model } from '../../../client/index.ts';

export const PRICE_BANDS = ['free', 'low', 'medium', 'high'] as const;
export type PriceBand = (typeof PRICE_BANDS)[number];

/** USD of one output where a band ends and the next begins. */
export const PRICE_STEPS = { low: 0.05, high: 0.1 };

export interface ExploreSearch {
  q?: string;
  kind?: string;
  category?: string;
  price?: PriceBand;
  /** Only models that can run now. */
  available?: true;
}

/** What is unknown or empty is left out. */
export function readExploreSearch(search: Record<string, unknown>): ExploreSearch {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' || typeof value === 'number' ? String(value) || undefined : undefined;
  const [q, kind, category] = [search.q, search.kind, search.category].map(text);
  const price = PRICE_BANDS.find((band) => band === search.price);
  return {
    ...(q && { q }),
    ...(kind && { kind }),
    ...(category && { category }),
    ...(price && { price }),
    ...((search.available === true || search.available === 'true') && { available: true }),
  };
}

/** Those of `models` that are asked for; what is called as searched comes before what only speaks of it. */
export function findModels(models: readonly Model[], search: ExploreSearch): Model[] {
  const { q = '', kind, category, price, available } = search;
  const words = fold(q).split(/\s+/);
  const isNamedSo = (model: Model): boolean => occurIn(words, namesOf(model));
  return models
    .filter(
      (model) =>
        (!kind || model.kind === kind) &&
        (!category || model.categories.includes(category)) &&
        (!price || bandOf(model.base_price_usd) === price) &&
        (!available || model.available) &&
        occurIn(words, [...namesOf(model), model.description, model.kind, ...model.categories]),
    )
    .sort((a, b) => Number(isNamedSo(b)) - Number(isNamedSo(a)));
}

function bandOf(usd: number): PriceBand {
  if (usd === 0) return 'free';
  if (usd < PRICE_STEPS.low) return 'low';
  return usd < PRICE_STEPS.high ? 'medium' : 'high';
}

const namesOf = ({ model_id, aliases, display_name }: Model): string[] => [
  model_id,
  display_name,
  ...aliases,
];

function occurIn(words: readonly string[], texts: readonly string[]): boolean {
  const text = fold(texts.join('\n'));
  return words.every((word) => text.includes(word));
}

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();
