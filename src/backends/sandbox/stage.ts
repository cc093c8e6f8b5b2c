/** What every scene draws with. */
import type { Palette } from './palettes.ts';
import type { Random } from './random.ts';
import { type Gradients, n } from './svg.ts';
import type { SceneWords } from './words.ts';

export interface Stage {
  /** In units: a picture has a million square units whatever its pixels, so 16:9 is 1333 × 750. */
  width: number;
  height: number;
  words: SceneWords;
  palette: Palette;
  random: Random;
  gradients: Gradients;
}

/** A soft light. */
export function glow(
  stage: Stage,
  x: number,
  y: number,
  radius: number,
  colour: string,
  opacity: number,
): string {
  const light = stage.gradients.radial([
    [0, colour, opacity],
    [0.25, colour, opacity * 0.55],
    [0.55, colour, opacity * 0.16],
    [1, colour, 0],
  ]);
  return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(radius)}" fill="${light}"/>`;
}

/** A rectangle, mostly for a gradient across a whole width. */
export function rect(x: number, y: number, width: number, height: number, paint: string): string {
  return `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="${paint}"/>`;
}
