import { localisedInputSchema, localisedText, outputSchema } from './localise.ts';
import type { InputSchema, JsonSchema, Language, Model } from './model.ts';
import { priceOf } from './price.ts';

/** A model as the catalogue shows it on the wire. */
export interface CatalogueEntry {
  model_id: string;
  display_name: string;
  description: string;
  categories: string[];
  kind: string;
  /** Of one output when nothing else is asked for. */
  base_price_usd: number;
  price_unit: 'output';
  pricing_note: string;
  model_url: string;
  /** Names of the fields, in the schema's order. */
  inputs: string[];
  required_inputs: string[];
  available: boolean;
  aliases: string[];
  input_schema?: InputSchema;
  output_schema?: JsonSchema;
}

export interface EntryOptions {
  /** Whether a backend is configured that can run it. */
  available: boolean;
  /** Where clients reach this server. */
  baseUrl: string;
  includeSchema: boolean;
}

/** The wire entry of `model`, its texts in `language`. */
export function catalogueEntry(model: Model, language: Language, options: EntryOptions): CatalogueEntry {
  const entry: CatalogueEntry = {
    model_id: model.id,
    display_name: localisedText(model.displayName, language),
    description: localisedText(model.description, language),
    categories: [...model.categories],
    kind: model.kind,
    base_price_usd: priceOf(model, {}) / 1_000_000,
    price_unit: 'output',
    pricing_note: localisedText(model.pricingNote, language),
    model_url: new URL(`v1/models/${model.id}`, `${options.baseUrl.replace(/\/+$/, '')}/`).href,
    inputs: Object.keys(model.inputSchema.properties),
    required_inputs: [...model.inputSchema.required],
    available: options.available,
    aliases: [...model.aliases],
  };
  if (options.includeSchema) {
    entry.input_schema = localisedInputSchema(model, language);
    entry.output_schema = outputSchema(language);
  }
  return entry;
}
