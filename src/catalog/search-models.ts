import type { Catalog, Model } from './model.ts';

export interface ModelFilter {
  /** Words that must all occur in the id, an alias, a category or a text, in any language. */
  search?: string | undefined;
  category?: string | undefined;
  kind?: string | undefined;
}

/** The models that meet every part of `filter` that is given; those that are called as searched come first. */
export function searchModels(catalog: Catalog, filter: ModelFilter): Model[] {
  const words = fold(filter.search ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const category = filter.category && fold(filter.category);
  const kind = filter.kind && fold(filter.kind);
  const found = catalog.models.filter(
    (model) =>
      (!category || model.categories.some((name) => fold(name) === category)) &&
      (!kind || model.kind === kind) &&
      occursIn(words, [...namesOf(model), ...textsOf(model)]),
  );
  const isNamedSo = new Map(found.map((model) => [model, occursIn(words, namesOf(model))]));
  return found.sort((a, b) => Number(isNamedSo.get(b)) - Number(isNamedSo.get(a)));
}

/** Every category of the catalogue once, sorted. */
export function categories(catalog: Catalog): string[] {
  return [...new Set(catalog.models.flatMap((model) => model.categories))].sort();
}

function namesOf({ id, aliases, displayName }: Model): string[] {
  return [id, ...aliases, ...Object.values(displayName)];
}

function textsOf({ kind, categories, description }: Model): string[] {
  return [kind, ...categories, ...Object.values(description)];
}

function occursIn(words: readonly string[], texts: readonly string[]): boolean {
  const text = fold(texts.join('\n'));
  return words.every((word) => text.includes(word));
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim();
}
