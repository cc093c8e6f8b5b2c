/** The documented size of a picture for each aspect ratio and resolution. For estimates and for backends that choose. */
import type { Resolution } from './backend.ts';

export interface Size {
  /** Pixels. */
  width: number;
  height: number;
}

/** At 1K. 2K and 4K are twice and four times this, 0.5K is half. */
const SIZES_AT_1K: Readonly<Record<string, readonly [width: number, height: number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
};

const SCALES: Readonly<Record<Resolution, number>> = { '0.5K': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/** The ratios with a documented size. */
export const ASPECT_RATIOS: readonly string[] = Object.keys(SIZES_AT_1K);

/** Of a ratio without a documented size: as many pixels as 1:1 has, in steps of 16. */
function computedSizeAt1k(aspectRatio: string): readonly [width: number, height: number] {
  const match = /^(\d{1,4}):(\d{1,4})$/.exec(aspectRatio);
  const [across, down] = [Number(match?.[1]), Number(match?.[2])];
  if (!(across > 0 && down > 0) || Math.max(across / down, down / across) > 8) {
    throw new RangeError(`no size for the aspect ratio ${JSON.stringify(aspectRatio)}`);
  }
  const toStep = (length: number) => Math.max(16, Math.round(length / 16) * 16);
  return [toStep(1024 * Math.sqrt(across / down)), toStep(1024 * Math.sqrt(down / across))];
}

/**
 * The size of a picture; `auto` is 1:1.
 * @throws {RangeError} for what is no `W:H` between 1:8 and 8:1.
 */
export function sizeFor(aspectRatio: string, resolution: Resolution): Size {
  const ratio = aspectRatio === 'auto' ? '1:1' : aspectRatio;
  const [width, height] = Object.hasOwn(SIZES_AT_1K, ratio) ? SIZES_AT_1K[ratio]! : computedSizeAt1k(ratio);
  const scale = SCALES[resolution];
  return { width: width * scale, height: height * scale };
}

/** The documented ratio closest to that of a picture. */
export function nearestRatio(width: number, height: number): string {
  const wanted = Math.log(width / height);
  const distance = (ratio: string) => {
    const [across, down] = SIZES_AT_1K[ratio]!;
    return Math.abs(Math.log(across / down) - wanted);
  };
  return ASPECT_RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}
