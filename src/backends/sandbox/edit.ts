/** Edits: what the words say, done to the pixels given. */
import sharp from 'sharp';
import type { InputImage, OutputFormat } from '../backend.ts';
import type { Size } from '../sizes.ts';
import type { Caption } from './caption.ts';
import {
  type ColourChange,
  changeColours,
  contrasted,
  GREY,
  INVERTED,
  inTurn,
  SEPIA,
  saturated,
  scaled,
} from './colour-change.ts';
import { fitInput, layOut, placeInCells } from './compose.ts';
import { type Edits, type EditWord, readEdits } from './edit-words.ts';
import { drawOverlays, type Overlay } from './overlays.ts';
import { between, createRandom } from './random.ts';
import { finish, fromPixels, outOfFocus, type Pixels, toPixels } from './render.ts';
import { drawScene } from './scene.ts';

export interface EditOptions {
  prompt: string;
  /** All that chance is to depend on besides the prompt. */
  key: string;
  images: readonly InputImage[];
}

/** Edits the pictures and writes the result as a file of exactly this size. */
export async function renderEdit(
  options: EditOptions,
  size: Size,
  caption: Caption,
  format: OutputFormat,
): Promise<Buffer> {
  const edits = readEdits(options.prompt);
  const cells = layOut(options.images.length, size);
  const parts: Pixels[] = [];
  // One after the other: a 4K picture is 50 MB while it is worked on.
  for (const [at, image] of options.images.entries()) {
    const part = await fitInput(image, cells[at]!, edits);
    parts.push(
      at === 0 && edits.words.has('background') ? await replaceBackground(part, options, edits) : part,
    );
  }
  let picture = await placeInCells(parts, cells, size);
  picture = await changeTexture(picture, edits);
  picture = await changeColours(picture, colourChange(edits, options));
  picture = await layOver(picture, edits, options);
  // Last, so that nothing laid over brings colour back.
  picture = await changeColours(picture, toneChange(edits));
  return await finish(picture, caption, format);
}

/** Whether the prompt asks for an edit this backend knows. */
export function knowsEdit(prompt: string): boolean {
  return readEdits(prompt).words.size > 0;
}

const COLOUR_CHANGES: Partial<Record<EditWord, ColourChange>> = {
  brighter: scaled(1.16, 1.16, 1.16, [20, 20, 20]),
  darker: scaled(0.62, 0.62, 0.62),
  warmer: scaled(1.12, 1.01, 0.82, [8, 2, 0]),
  cooler: scaled(0.84, 0.99, 1.13, [0, 1, 8]),
  contrast: contrasted(1.4),
  vivid: saturated(1.6),
  sunset: scaled(1.06, 0.88, 0.76, [10, 0, 4]),
  neon: inTurn([saturated(1.35), scaled(0.72, 0.62, 0.86, [4, 0, 16])])!,
  night: inTurn([saturated(0.55), scaled(0.38, 0.46, 0.7, [0, 2, 14])])!,
  invert: INVERTED,
};

function colourChange({ words }: Edits, { key, prompt }: EditOptions): ColourChange | undefined {
  if (words.size === 0) return defaultGrade(key, prompt);
  // A new background brings its own light; the subject before it takes some of that light only.
  const ofScene: readonly EditWord[] = ['night', 'neon', 'sunset'];
  const asked = [...words].flatMap((word) => {
    const change = COLOUR_CHANGES[word];
    return change && !(words.has('background') && ofScene.includes(word)) ? [change] : [];
  });
  return inTurn(asked);
}

/** For words we do not know: a little contrast and a tint that the seed settles, so that something happens. */
function defaultGrade(key: string, prompt: string): ColourChange {
  const random = createRandom(`grade\n${key}\n${prompt}`);
  const warmth = between(random, 0.04, 0.13) * (random() < 0.5 ? -1 : 1);
  return inTurn([contrasted(1.12), saturated(1.18), scaled(1 + warmth, 1, 1 - warmth)])!;
}

function toneChange({ words }: Edits): ColourChange | undefined {
  if (words.has('grayscale')) return GREY;
  return words.has('sepia') ? inTurn([GREY, SEPIA]) : undefined;
}

async function changeTexture(picture: Pixels, { words }: Edits): Promise<Pixels> {
  const span = Math.min(picture.width, picture.height);
  let changed = picture;
  if (words.has('blur') && !words.has('background')) {
    changed = await toPixels(fromPixels(changed).blur(Math.max(1, span / 110)));
  }
  if (words.has('sharpen')) {
    changed = await toPixels(
      fromPixels(changed).sharpen({ sigma: Math.max(0.8, span / 900), m1: 1.5, m2: 3 }),
    );
  }
  if (words.has('pixelate')) {
    const block = Math.max(2, Math.round(span / 56));
    const coarse = await toPixels(
      fromPixels(changed).resize({
        width: Math.ceil(picture.width / block),
        height: Math.ceil(picture.height / block),
        fit: 'fill',
      }),
    );
    changed = await toPixels(
      fromPixels(coarse).resize({
        width: picture.width,
        height: picture.height,
        fit: 'fill',
        kernel: 'nearest',
      }),
    );
  }
  return changed;
}

async function layOver(picture: Pixels, { words }: Edits, { prompt, key }: EditOptions): Promise<Pixels> {
  const scenery = words.has('background');
  const overlays: Overlay[] = [];
  if (words.has('sunset') && !scenery) overlays.push('evening');
  if (words.has('neon') && !scenery) overlays.push('neon');
  if (words.has('night') && !words.has('neon') && !scenery) overlays.push('stars');
  if (words.has('rain')) overlays.push('rain');
  if (words.has('snow')) overlays.push('snow');
  if (words.has('vignette') || words.size === 0) overlays.push('vignette');
  if (overlays.length === 0) return picture;
  const drawn = drawOverlays(overlays, prompt, key, picture);
  return await toPixels(
    fromPixels(picture)
      .composite([{ input: drawn }])
      .removeAlpha(),
  );
}

/**
 * Keeps the middle of a picture and puts something else behind it: a colour, the scene the words name, or, for
 * "blur the background", the picture itself out of focus.
 */
async function replaceBackground(picture: Pixels, options: EditOptions, edits: Edits): Promise<Pixels> {
  const size: Size = { width: picture.width, height: picture.height };
  const behind = await newBackground(picture, size, options, edits);
  const { words } = edits;
  const light: ColourChange[] = [];
  if (words.has('night') || words.has('neon')) light.push(saturated(0.85), scaled(0.74, 0.74, 0.92));
  if (words.has('sunset')) light.push(scaled(1.03, 0.94, 0.86));
  const subject = await changeColours(picture, inTurn(light));
  // An ellipse for the head that widens into shoulders, soft at its edge; all black and white, so read as alpha.
  const mask = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" viewBox="0 0 200 200"><rect width="200" height="200"/><ellipse cx="100" cy="98" rx="40" ry="72" fill="#fff"/><ellipse cx="100" cy="190" rx="64" ry="62" fill="#fff"/></svg>`,
  );
  const soft = await sharp(mask)
    .removeAlpha()
    .greyscale()
    .blur(9)
    .raw()
    .toBuffer({ resolveWithObject: true });
  const alpha = await sharp(soft.data, { raw: { width: 200, height: 200, channels: soft.info.channels } })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .extractChannel(0)
    .raw()
    .toBuffer();
  const cut = await fromPixels(subject)
    .joinChannel(alpha, { raw: { ...size, channels: 1 } })
    .raw()
    .toBuffer();
  const layer = { input: cut, raw: { ...size, channels: 4 as const } };
  return await toPixels(fromPixels(behind).composite([layer]).removeAlpha());
}

async function newBackground(
  picture: Pixels,
  size: Size,
  { prompt, key }: EditOptions,
  edits: Edits,
): Promise<Pixels> {
  if (edits.plainBackground) {
    return await toPixels(sharp({ create: { ...size, channels: 3, background: edits.plainBackground } }));
  }
  if (edits.words.has('blur')) {
    return await toPixels(fromPixels(picture).blur(Math.max(2, Math.min(size.width, size.height) / 60)));
  }
  const { front } = drawScene({ prompt, key, ratio: size.width / size.height, unpeopled: true });
  return await outOfFocus(front, size, 1.4);
}
