/** What a model is, once its files are read and checked. */
import type { Resolution } from '../lib/images.ts';

export const LANGUAGES = ['en', 'zh-TW', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];

export const RESOLUTIONS: readonly Resolution[] = ['0.5K', '1K', '2K', '4K'];

/** A text in English and, where it was translated, in other languages. */
export type LocalisedText = { en: string } & Partial<Record<Language, string>>;

export const MODEL_KINDS = ['text-to-image', 'image-to-image', 'text-to-video', 'image-to-video'] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

/** A JSON Schema object as it goes over the wire. */
export type JsonSchema = Record<string, unknown>;

/** One value of an input; the keywords are JSON Schema's. `image_uri` is a URL or a data URI of an image. */
export type ValueSchema = {
  type: 'string' | 'integer' | 'number' | 'boolean';
  format?: 'image_uri';
  enum?: readonly (string | number)[];
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
};

export type ListSchema = {
  type: 'array';
  items: ValueSchema;
  minItems?: number;
  maxItems: number;
};

/** One field of a model's input. */
export type PropertySchema = (ValueSchema | ListSchema) & {
  title: string;
  description: string;
  default?: unknown;
};

/** A model's input. The order of keys is the wire order. */
export type InputSchema = {
  type: 'object';
  title: string;
  required: readonly string[];
  properties: Readonly<Record<string, PropertySchema>>;
};

/** A field's texts in one language; what is missing is English. An empty text is a text. */
export interface PropertyTexts {
  title?: string;
  description?: string;
}

export interface Candidate {
  /** A backend's name: `gemini`, `comfyui`, … */
  backend: string;
  /** The model's name there. */
  upstreamModel: string;
}

export interface Model {
  id: string;
  /** The folder of its files: a backend may keep files of its own there. */
  directory: string;
  /** Other ids that name the same model. */
  aliases: readonly string[];
  kind: ModelKind;
  categories: readonly string[];
  displayName: LocalisedText;
  description: LocalisedText;
  pricingNote: LocalisedText;
  /** Millionths of a USD per output, by resolution; `default` where the model has no resolution. */
  prices: Readonly<Partial<Record<Resolution | 'default', number>>>;
  /** English. */
  inputSchema: InputSchema;
  /** Translations of `inputSchema`, by language and field. */
  propertyTexts: Readonly<Partial<Record<Language, Readonly<Record<string, PropertyTexts>>>>>;
  /** Ways to run it, best first. */
  candidates: readonly Candidate[];
}

export interface Catalog {
  /** In the order they are listed. */
  readonly models: readonly Model[];
  /** By id or alias. */
  find(id: string): Model | undefined;
}
