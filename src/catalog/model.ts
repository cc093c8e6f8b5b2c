/** What a model is, once its files are read and checked. */
import type { Resolution } from '../backends/backend.ts';

export const LANGUAGES = ['en', 'zh-TW', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text in English and, where it was translated, in other languages. */
export type LocalisedText = { en: string } & Partial<Record<Language, string>>;

export type ModelKind = 'text-to-image' | 'image-to-image' | 'text-to-video' | 'image-to-video';

/** A JSON Schema object as it goes over the wire. */
export type JsonSchema = Record<string, unknown>;

export interface Candidate {
  /** A backend's name: `gemini`, `comfyui`, … */
  backend: string;
  /** The model's name there. */
  upstreamModel: string;
}

export interface Model {
  id: string;
  /** Other ids that name the same model. */
  aliases: readonly string[];
  kind: ModelKind;
  categories: readonly string[];
  displayName: LocalisedText;
  description: LocalisedText;
  pricingNote: LocalisedText;
  /** Millionths of a USD per output, by resolution; `default` where the model has no resolution. */
  prices: Readonly<Partial<Record<Resolution | 'default', number>>>;
  /** English; the order of keys is the wire order. */
  inputSchema: JsonSchema;
  /** Ways to run it, best first. */
  candidates: readonly Candidate[];
}

export interface Catalog {
  /** In the order they are listed. */
  readonly models: readonly Model[];
  /** By id or alias. */
  find(id: string): Model | undefined;
}
