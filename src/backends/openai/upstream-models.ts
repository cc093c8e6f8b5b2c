/**
 * What each image model of OpenAI takes: data, since they are renamed and shut down every few months.
 * From the parameters' documentation in the package `openai` 7.55 and OpenAI's guide to image generation, November 2026.
 */
import type { Size } from '../sizes.ts';

/** Any size on a grid, within bounds. */
export interface FreeSizes {
  /** Both sides are a multiple of it. Pixels. */
  step: number;
  maxEdge: number;
  minPixels: number;
  maxPixels: number;
  /** The longer side by the shorter. */
  maxRatio: number;
}

export interface UpstreamModel {
  sizes: FreeSizes | readonly Size[];
  /** Whether `size: auto` leaves the choice to the model. */
  autoSize: boolean;
  maxInputImages: number;
  /** Whether it writes PNG, JPEG and WebP as asked; others send what they have. */
  outputFormat: boolean;
  /** Base64 only when asked for. The GPT models always send it and refuse the parameter. */
  responseFormat: boolean;
  /** Parameters that are passed on as they are, and the values it takes. */
  options: Readonly<Record<string, readonly string[]>>;
}

const THREE_SIZES: readonly Size[] = [
  { width: 1024, height: 1024 },
  { width: 1536, height: 1024 },
  { width: 1024, height: 1536 },
];
const ANY_SIZE: FreeSizes = {
  step: 16,
  maxEdge: 3840,
  minPixels: 655_360,
  maxPixels: 8_294_400,
  maxRatio: 3,
};
const QUALITIES = ['auto', 'low', 'medium', 'high'];
const MORE_QUALITIES = [...QUALITIES, 'xhigh', 'max'];
const BACKGROUNDS = ['auto', 'opaque', 'transparent'];

/** What the GPT models have in common; the first of them came with three sizes. */
const GPT_IMAGE: UpstreamModel = {
  sizes: THREE_SIZES,
  autoSize: true,
  maxInputImages: 16,
  outputFormat: true,
  responseFormat: false,
  options: { quality: QUALITIES, background: BACKGROUNDS },
};
const LATER: UpstreamModel = {
  ...GPT_IMAGE,
  sizes: ANY_SIZE,
  options: { quality: MORE_QUALITIES, background: BACKGROUNDS },
};

const MODELS: Readonly<Record<string, UpstreamModel>> = {
  'gpt-image-1': GPT_IMAGE,
  'gpt-image-1-mini': GPT_IMAGE,
  'gpt-image-1.5': GPT_IMAGE,
  'chatgpt-image-latest': GPT_IMAGE,
  'gpt-image-2': { ...GPT_IMAGE, sizes: ANY_SIZE },
  'gpt-image-2.5-flare': LATER,
  'gpt-image-2.5-sunburst': LATER,
  'gpt-image-2.6-flare': LATER,
  'gpt-image-2.6-sunburst': LATER,
  // Retired at OpenAI; gateways still call what they have by these names.
  'dall-e-2': {
    sizes: [256, 512, 1024].map((edge) => ({ width: edge, height: edge })),
    autoSize: false,
    maxInputImages: 1,
    outputFormat: false,
    responseFormat: true,
    options: {},
  },
  'dall-e-3': {
    sizes: [
      { width: 1024, height: 1024 },
      { width: 1792, height: 1024 },
      { width: 1024, height: 1792 },
    ],
    autoSize: false,
    maxInputImages: 0,
    outputFormat: false,
    responseFormat: true,
    options: { quality: ['standard', 'hd'] },
  },
};

/** Of a server that speaks the same API: sizes that open models are trained on, and nothing that not all of them know. */
const UNKNOWN: UpstreamModel = {
  sizes: { step: 16, maxEdge: 4096, minPixels: 256 * 256, maxPixels: 4096 * 4096, maxRatio: 8 },
  autoSize: false,
  maxInputImages: 16,
  outputFormat: false,
  responseFormat: true,
  options: {},
};

/** A name without the date of its snapshot. */
export const familyOf = (upstreamModel: string): string => upstreamModel.replace(/-\d{4}-\d{2}-\d{2}$/, '');

/** Whether it is one of OpenAI's, which no other server's model should be taken for. */
export const isOpenAiModel = (upstreamModel: string): boolean =>
  Object.hasOwn(MODELS, familyOf(upstreamModel)) || /^gpt-image-/.test(upstreamModel);

/** By name; a GPT model newer than this file is taken for the last that is in it. */
export function upstreamModelOf(name: string): UpstreamModel {
  const family = familyOf(name);
  if (Object.hasOwn(MODELS, family)) return MODELS[family]!;
  return isOpenAiModel(name) ? LATER : UNKNOWN;
}
