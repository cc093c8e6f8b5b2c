/** What each image model of Gemini can do: data, since they are renamed and shut down every few months. */
import type { Resolution } from '../backend.ts';

export interface UpstreamModel {
  /** Smallest first. A model with one size is not told any: it has nothing to choose. */
  resolutions: readonly Resolution[];
  aspectRatios: readonly string[];
  maxInputImages: number;
}

const COMMON_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
const LONG_RATIOS = ['1:4', '4:1', '1:8', '8:1'] as const;

const MODELS: Readonly<Record<string, UpstreamModel>> = {
  'gemini-2.5-flash-image': { resolutions: ['1K'], aspectRatios: COMMON_RATIOS, maxInputImages: 3 },
  'gemini-3-pro-image': {
    resolutions: ['1K', '2K', '4K'],
    aspectRatios: COMMON_RATIOS,
    maxInputImages: 14,
  },
  'gemini-3.1-flash-lite-image': {
    resolutions: ['1K'],
    aspectRatios: [...COMMON_RATIOS, ...LONG_RATIOS],
    maxInputImages: 14,
  },
  'gemini-3.1-flash-image': {
    resolutions: ['0.5K', '1K', '2K', '4K'],
    aspectRatios: [...COMMON_RATIOS, ...LONG_RATIOS],
    maxInputImages: 14,
  },
  'gemini-nano-banana-2.1': {
    resolutions: ['1K', '2K', '4K'],
    aspectRatios: [...COMMON_RATIOS, ...LONG_RATIOS],
    maxInputImages: 14,
  },
};

/** What every model since Gemini 3 can do. */
const UNKNOWN: UpstreamModel = {
  resolutions: ['1K', '2K', '4K'],
  aspectRatios: COMMON_RATIOS,
  maxInputImages: 14,
};

/** `gemini-3-pro-image-preview` and `gemini-3-pro-image-001` are `gemini-3-pro-image` for all we look up. */
export function familyOf(upstreamModel: string): string {
  return upstreamModel.replace(/^models\//, '').replace(/(-preview)?(-\d{2,3})?(-\d{2}-\d{4})?$/, '');
}

/** By name; a model newer than this file is taken for what all of its line can do. */
export function upstreamModelOf(name: string): UpstreamModel {
  const family = familyOf(name);
  return Object.hasOwn(MODELS, family) ? MODELS[family]! : UNKNOWN;
}
