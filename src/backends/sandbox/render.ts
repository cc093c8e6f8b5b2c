/** From drawings to the bytes of a file. */
import sharp, { type Sharp } from 'sharp';
import type { OutputFormat } from '../backend.ts';
import type { Size } from '../sizes.ts';
import { type Caption, captionStrip } from './caption.ts';
import { hashText } from './random.ts';
import { type Drawing, drawScene, type SceneOptions, toSvg } from './scene.ts';

/** Three channels of eight bits a pixel. */
export interface Pixels extends Size {
  data: Buffer;
}

/** A backdrop is drawn so wide, blurred and enlarged: at 4K that is a tenth of the time. */
const BACKDROP_WIDTH = 400;
const BACKDROP_BLUR = 5;

export const fromPixels = ({ data, width, height }: Pixels): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 } });

export async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Draws a prompt, labels it, and writes it as a file of exactly this size. */
export async function renderScene(
  options: Omit<SceneOptions, 'ratio'>,
  size: Size,
  caption: Caption,
  format: OutputFormat,
): Promise<Buffer> {
  const { backdrop, front } = drawScene({ ...options, ratio: size.width / size.height });
  // Enlarging a small blurred picture within the drawing costs next to nothing; laying one over the other does.
  const behind = backdrop && (await blurred(backdrop, size, BACKDROP_BLUR).jpeg({ quality: 92 }).toBuffer());
  const layers = [
    { ...(await grain(size)), tile: true },
    { input: captionStrip(caption, size).svg, gravity: 'southwest' },
  ];
  return await encode(
    sharp(toSvg(front, size, behind))
      .composite(layers)
      .removeAlpha(),
    format,
  );
}

/** A scene as a blurred background. `blur` is in pixels of a picture 400 wide. */
export async function outOfFocus(drawing: Drawing, size: Size, blur: number): Promise<Pixels> {
  const small = await toPixels(blurred(drawing, size, blur));
  return await toPixels(
    fromPixels(small).resize({ width: size.width, height: size.height, fit: 'fill', kernel: 'cubic' }),
  );
}

function blurred(drawing: Drawing, size: Size, blur: number): Sharp {
  const height = Math.round((BACKDROP_WIDTH * size.height) / size.width);
  return sharp(toSvg(drawing, { width: BACKDROP_WIDTH, height }))
    .removeAlpha()
    .blur(blur);
}

/** A caption over a picture, and the picture as a file. */
export async function finish(picture: Pixels, caption: Caption, format: OutputFormat): Promise<Buffer> {
  const label = captionStrip(caption, picture);
  return await encode(
    fromPixels(picture)
      .composite([{ input: label.svg, gravity: 'southwest' }])
      .removeAlpha(),
    format,
  );
}

async function encode(image: Sharp, format: OutputFormat): Promise<Buffer> {
  if (format === 'jpeg') return await image.jpeg({ quality: 90 }).toBuffer();
  if (format === 'webp') return await image.webp({ quality: 85, effort: 2 }).toBuffer();
  return await image.png({ compressionLevel: 6 }).toBuffer();
}

const GRAIN_SIZE = 256;
/** Of 255. More is film; much more doubles the size of a PNG. */
const GRAIN_STRENGTH = 13;

/** A tile of noise. Its specks grow with the picture: it looks the same, and compresses, at any resolution. */
async function grain({ width, height }: Size) {
  const noise = Buffer.alloc(GRAIN_SIZE * GRAIN_SIZE * 2);
  let state = hashText('grain');
  for (let at = 0; at < noise.length; at += 2) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const value = state >>> 24;
    noise[at] = value < 128 ? 0 : 255;
    noise[at + 1] = (Math.abs(value - 128) * GRAIN_STRENGTH) / 128;
  }
  const speck = Math.max(1, Math.round(Math.sqrt(width * height) / 1024));
  const side = GRAIN_SIZE * speck;
  const { data } = await sharp(noise, { raw: { width: GRAIN_SIZE, height: GRAIN_SIZE, channels: 2 } })
    .resize(side, side, { kernel: 'nearest' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { input: data, raw: { width: side, height: side, channels: (data.length / side / side) as 2 | 4 } };
}
