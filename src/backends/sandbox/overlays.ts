/** What an edit lays over a photograph: stars, neon light, evening sun, rain, snow, a vignette. */
import type { Size } from '../sizes.ts';
import { choosePalette } from './palettes.ts';
import { createRandom } from './random.ts';
import { toSvg } from './scene.ts';
import { stars } from './scenes/sky.ts';
import { bokeh, rain, snow } from './scenes/weather.ts';
import { glow, rect, type Stage } from './stage.ts';
import { createGradients, dot, fill } from './svg.ts';
import { readSceneWords } from './words.ts';

export type Overlay = 'stars' | 'neon' | 'evening' | 'rain' | 'snow' | 'vignette';

const OVERLAYS: Readonly<Record<Overlay, (stage: Stage) => string>> = {
  stars: (stage) => {
    const { width, height } = stage;
    return [
      stars(stage, height * 0.36, 70),
      glow(stage, width * 0.84, height * 0.13, 150, '#dfe8ff', 0.55),
      fill(dot(width * 0.84, height * 0.13, 30), '#f6f3de', 0.95),
    ].join('');
  },
  neon: (stage) => {
    const { width, height, palette } = stage;
    return [
      glow(stage, 0, height * 0.3, width * 0.75, palette.accent, 0.42),
      glow(stage, width, height * 0.62, width * 0.75, palette.other, 0.4),
      bokeh(stage, 12, [palette.accent, palette.other], 0.7),
    ].join('');
  },
  evening: (stage) => {
    const { width, height, gradients } = stage;
    const light = gradients.linear([
      [0, '#5a2f7e', 0.34],
      [0.5, '#ff7a4d', 0.3],
      [1, '#ffb347', 0.14],
    ]);
    return (
      rect(0, 0, width, height, light) + glow(stage, width * 0.76, height * 0.3, width * 0.5, '#ffd28a', 0.75)
    );
  },
  rain,
  snow,
  vignette: ({ width, height, gradients }) =>
    rect(
      -width * 0.2,
      -height * 0.2,
      width * 1.4,
      height * 1.4,
      gradients.radial([
        [0.5, '#05060c', 0],
        [0.8, '#05060c', 0.38],
        [1, '#05060c', 0.78],
      ]),
    ),
};

/** Draws overlays as one transparent SVG. */
export function drawOverlays(names: readonly Overlay[], prompt: string, key: string, size: Size): Buffer {
  const words = { ...readSceneWords(prompt), neon: true, time: 'night' as const };
  const random = createRandom(`overlay\n${key}\n${prompt}`);
  const ratio = size.width / size.height;
  const stage: Stage = {
    width: 1000 * Math.sqrt(ratio),
    height: 1000 / Math.sqrt(ratio),
    words,
    palette: choosePalette(words, random),
    random,
    gradients: createGradients(),
  };
  const shapes = names.map((name) => OVERLAYS[name](stage)).join('');
  return toSvg({ ...stage, shapes: `<defs>${stage.gradients}</defs>${shapes}` }, size);
}
