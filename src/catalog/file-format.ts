/** The format of `model.json` and `texts.<language>.json`, as JSON Schema. What one field says of another is in check-model.ts. */
import { type InputSchema, MODEL_KINDS, type ModelKind, type PropertyTexts, RESOLUTIONS } from './model.ts';

/** `model.json`, once it follows `MODEL_FILE`. */
export interface ModelFile {
  id: string;
  aliases?: string[];
  kind: ModelKind;
  categories: string[];
  display_name: string;
  description: string;
  pricing_note?: string;
  /** USD per output. */
  prices_usd: Record<string, number>;
  candidates: { backend: string; upstream_model: string }[];
  input_schema: InputSchema;
}

/** `texts.<language>.json`, once it follows `TEXTS_FILE`. */
export interface TextsFile {
  display_name?: string;
  description?: string;
  pricing_note?: string;
  properties?: Record<string, PropertyTexts>;
}

const TEXT = { type: 'string', minLength: 1 };
/** The original's pages have fields without a description: an empty one is meant. */
const TEXT_OR_EMPTY = { type: 'string' };
const SAFE_INTEGER = {
  type: 'integer',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
};
const LENGTH = { type: 'integer', minimum: 0, maximum: 1_000_000 };
/** Of what a list may hold; a list without an end could not be checked in bounded time. */
const ITEM_COUNT = { type: 'integer', minimum: 0, maximum: 100 };

const members = (type: string) => ({ type: 'array', minItems: 1, maxItems: 500, items: { type } });

/** What each type of value may say beside its type. */
const KEYWORDS = {
  string: { format: { const: 'image_uri' }, enum: members('string'), minLength: LENGTH, maxLength: LENGTH },
  integer: {
    enum: { ...members('integer'), items: SAFE_INTEGER },
    minimum: SAFE_INTEGER,
    maximum: SAFE_INTEGER,
  },
  number: { enum: members('number'), minimum: { type: 'number' }, maximum: { type: 'number' } },
  boolean: {},
};

type SchemaFields = Record<string, object>;

const values = (beside: SchemaFields, required: string[]) =>
  Object.entries(KEYWORDS).map(([type, keywords]) => ({
    properties: { type: { const: type }, ...beside, ...keywords },
    required,
    additionalProperties: false,
  }));

const tagged = (oneOf: object[]) => ({
  type: 'object',
  discriminator: { propertyName: 'type' },
  required: ['type'],
  oneOf,
});

const BESIDE = { title: TEXT, description: TEXT_OR_EMPTY, default: {} };
const BESIDE_REQUIRED = ['title', 'description'];

const PROPERTY = tagged([
  ...values(BESIDE, BESIDE_REQUIRED),
  {
    properties: {
      type: { const: 'array' },
      ...BESIDE,
      items: tagged(values({}, [])),
      minItems: ITEM_COUNT,
      maxItems: ITEM_COUNT,
    },
    required: [...BESIDE_REQUIRED, 'items', 'maxItems'],
    additionalProperties: false,
  },
]);

const INPUT_SCHEMA = {
  type: 'object',
  properties: {
    type: { const: 'object' },
    title: { const: 'Input' },
    required: { type: 'array', items: TEXT },
    properties: { type: 'object', additionalProperties: PROPERTY },
  },
  required: ['type', 'title', 'required', 'properties'],
  additionalProperties: false,
};

const PRICE = { type: 'number', minimum: 0, maximum: 1_000 };

export const MODEL_FILE = {
  type: 'object',
  properties: {
    id: TEXT,
    aliases: { type: 'array', items: TEXT },
    kind: { type: 'string', enum: MODEL_KINDS },
    categories: { type: 'array', minItems: 1, items: TEXT },
    display_name: TEXT,
    description: TEXT,
    pricing_note: TEXT_OR_EMPTY,
    prices_usd: {
      type: 'object',
      properties: Object.fromEntries([...RESOLUTIONS, 'default'].map((name) => [name, PRICE])),
      additionalProperties: false,
    },
    candidates: {
      type: 'array',
      items: {
        type: 'object',
        properties: { backend: TEXT, upstream_model: TEXT },
        required: ['backend', 'upstream_model'],
        additionalProperties: false,
      },
    },
    input_schema: INPUT_SCHEMA,
  },
  required: [
    'id',
    'kind',
    'categories',
    'display_name',
    'description',
    'prices_usd',
    'candidates',
    'input_schema',
  ],
  additionalProperties: false,
};

export const TEXTS_FILE = {
  type: 'object',
  properties: {
    display_name: TEXT,
    description: TEXT,
    pricing_note: TEXT_OR_EMPTY,
    properties: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { title: TEXT, description: TEXT_OR_EMPTY },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
};
