/** A prompt as a picture: SVG, drawn from a seed. */
import type { Size } from '../sizes.ts';
import { choosePalette, type Palette } from './palettes.ts';
import { createRandom, type Random } from './random.ts';
import { animal } from './scenes/animals.ts';
import { city } from './scenes/city.ts';
import { desert } from './scenes/desert.ts';
import { flowers } from './scenes/flowers.ts';
import { forest } from './scenes/forest.ts';
import { greenhouse } from './scenes/greenhouse.ts';
import { mountains } from './scenes/mountains.ts';
import { office } from './scenes/office.ts';
import { figure, portraitShade } from './scenes/portrait.ts';
import { sea } from './scenes/sea.ts';
import { shapes } from './scenes/shapes.ts';
import { space } from './scenes/space.ts';
import { stillLife } from './scenes/still-life.ts';
import { street } from './scenes/street.ts';
import { bokeh, rain, snow } from './scenes/weather.ts';
import type { Stage } from './stage.ts';
import { createGradients } from './svg.ts';
import { readSceneWords, type SceneWords, type Subject } from './words.ts';

/** A scene without people, or a figure in front of one. */
export interface Scene {
  /** Drawn out of focus behind everything, where there is a figure. */
  backdrop: Drawing | undefined;
  front: Drawing;
}

/** SVG without its outer element. */
export interface Drawing {
  /** In units. */
  width: number;
  height: number;
  shapes: string;
}

const SCENES: Readonly<Record<Exclude<Subject, 'portrait'>, (stage: Stage) => string>> = {
  animal,
  greenhouse,
  office,
  'still-life': stillLife,
  space,
  street,
  city,
  flowers,
  desert,
  sea,
  forest,
  mountains,
  shapes,
};

export interface SceneOptions {
  prompt: string;
  /** All that the picture is to depend on besides the prompt's words. */
  key: string;
  /** Width over height. */
  ratio: number;
  /** Leave people out: this is to be a background. */
  unpeopled?: boolean;
}

/** Draws a prompt. The same options always give the same drawing. */
export function drawScene({ prompt, key, ratio, unpeopled = false }: SceneOptions): Scene {
  const words = readSceneWords(prompt);
  const random = createRandom(`${key}\n${prompt}`);
  const palette = choosePalette(words, random);
  const size = { width: 1000 * Math.sqrt(ratio), height: 1000 / Math.sqrt(ratio) };
  const stage = (): Stage => ({ ...size, words, palette, random, gradients: createGradients() });

  if (words.subject !== 'portrait' || unpeopled) {
    const subject = unpeopled || words.subject === 'portrait' ? placeOf(words) : words.subject;
    return { backdrop: undefined, front: paint(stage(), (own) => SCENES[subject](own) + weather(own)) };
  }
  return {
    backdrop: paint(stage(), (own) => SCENES[placeOf(words)](own)),
    front: paint(stage(), (own) => portrait(own, palette, random)),
  };
}

/** Where a person stands: what else the prompt names, or what suits the rest. */
function placeOf(words: SceneWords): Exclude<Subject, 'portrait'> {
  const named = [...words.also].find((subject) => subject !== 'portrait' && subject !== 'animal');
  if (named) return named;
  if (words.neon || words.rain) return 'street';
  if (words.snow) return 'mountains';
  return (['shapes', 'city', 'forest', 'flowers', 'mountains'] as const)[words.hash % 5]!;
}

function portrait(stage: Stage, palette: Palette, random: Random): string {
  const { words } = stage;
  const dark = words.time === 'night' || words.neon;
  const lights = dark
    ? [palette.accent, palette.other, palette.lamp]
    : [palette.sun, palette.sky[3], palette.lamp];
  return [
    bokeh(stage, dark ? 30 : 16, lights, dark ? 1 : 0.6),
    portraitShade(stage),
    figure(stage),
    random() < 0.8 && dark ? bokeh(stage, 3, lights, 0.45) : '',
    weather(stage),
  ].join('');
}

function weather(stage: Stage): string {
  const indoors = ['office', 'greenhouse', 'still-life', 'space'].includes(stage.words.subject);
  if (indoors) return '';
  return (stage.words.rain ? rain(stage) : '') + (stage.words.snow ? snow(stage) : '');
}

function paint(stage: Stage, draw: (stage: Stage) => string): Drawing {
  const shapes = draw(stage);
  return { width: stage.width, height: stage.height, shapes: `<defs>${stage.gradients}</defs>${shapes}` };
}

/** A drawing as a file, stretched to exactly so many pixels. `behind` is a JPEG to fill it first. */
export function toSvg({ width, height, shapes }: Drawing, pixels: Size, behind?: Buffer): Buffer {
  const [across, down] = [width.toFixed(2), height.toFixed(2)];
  const picture = behind
    ? `<image href="data:image/jpeg;base64,${behind.toString('base64')}" width="${across}" height="${down}" preserveAspectRatio="none"/>`
    : '';
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels.width}" height="${pixels.height}" viewBox="0 0 ${across} ${down}" preserveAspectRatio="none">${picture}${shapes}</svg>`,
  );
}
