/**
 * `npm run model-pictures`: draws the pictures on the cards of the web app with the sandbox, small enough to be shipped. A model that
 * edits shows before and after; one that makes videos, its first frame.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { renderEdit } from '../src/backends/sandbox/edit.ts';
import { renderScene } from '../src/backends/sandbox/render.ts';

const FOLDER = fileURLToPath(new URL('../src/web/assets/models/', import.meta.url));
const SIZE = { width: 640, height: 400 };
/** Of what is drawn: larger, for the strip with the caption at its foot is cut away. */
const DRAWN = { width: 960, height: 700 };
const KEPT_HEIGHT = 600;
const QUALITY = 74;

interface Picture {
  prompt: string;
  /** Done to what the prompt shows. */
  edit?: string;
  film?: true;
  /** Another number, another picture. */
  seed: number;
}

const PICTURES: Record<string, Picture> = {
  'google/nano-banana-2/text-to-image': {
    prompt: 'portrait of a woman, neon lights in rainy Tokyo',
    seed: 11,
  },
  'google/nano-banana-2/edit': {
    prompt: 'portrait of a woman in an office by day',
    edit: 'change the background to a mountain lake',
    seed: 4,
  },
  'google/nano-banana/text-to-image': {
    prompt: 'Futuristic glass greenhouse at dusk with glowing plants',
    seed: 7,
  },
  'google/nano-banana/edit': { prompt: 'mountains above a lake by day', edit: 'snowing, cooler', seed: 5 },
  'google/nano-banana/pro/text-to-image': { prompt: 'still life with a teapot and fruit', seed: 3 },
  'google/nano-banana/pro/edit': {
    prompt: 'a sailing boat on the sea by day',
    edit: 'sunset, warmer',
    seed: 8,
  },
  'openai/gpt-image-2/text-to-image': { prompt: 'flowers in a meadow, day', seed: 6 },
  'openai/gpt-image-2/edit': { prompt: 'a fox in the forest', edit: 'black and white, contrast', seed: 2 },
  'comfyui/z-image-turbo/text-to-image': {
    prompt: 'a lighthouse above the sea in a storm, night, rain',
    seed: 9,
  },
  'comfyui/qwen-image-edit/edit': { prompt: 'city skyline by day', edit: 'night', seed: 3 },
  'comfyui/wan-2.2/text-to-video': { prompt: 'planets in space, stars', film: true, seed: 12 },
};

async function draw({ prompt, edit, film, seed }: Picture): Promise<Buffer> {
  const key = String(seed);
  const caption = { title: '', words: '' };
  const drawn = await renderScene({ prompt, key }, DRAWN, caption, 'png');
  const before = await trim(drawn);
  if (film) return finish(before, filmEdges());
  if (edit === undefined) return finish(before);
  const images = [{ bytes: drawn, contentType: 'image/png' as const, ...DRAWN }];
  const after = await trim(await renderEdit({ prompt: edit, key, images }, DRAWN, caption, 'png'));
  return finish(await beside(before, after));
}

const trim = (bytes: Buffer): Promise<Buffer> =>
  sharp(bytes)
    .extract({ left: 0, top: 0, width: DRAWN.width, height: KEPT_HEIGHT })
    .resize({ ...SIZE, fit: 'cover' })
    .png()
    .toBuffer();

/** The left of one and the right of the other, parted by a slanting line. */
async function beside(before: Buffer, after: Buffer): Promise<Buffer> {
  const { width, height } = SIZE;
  const [top, foot] = [width * 0.56, width * 0.44];
  const svg = (shape: string): Buffer =>
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${shape}</svg>`);
  const right = svg(`<path d="M${top} 0H${width}V${height}H${foot}z"/>`);
  const line = svg(`<path d="M${top} 0L${foot} ${height}" stroke="#fff" stroke-width="3"/>`);
  const cut = await sharp(after)
    .ensureAlpha()
    .composite([{ input: right, blend: 'dest-in' }])
    .png()
    .toBuffer();
  return sharp(before)
    .composite([{ input: cut }, { input: line }])
    .png()
    .toBuffer();
}

/** The perforation of a film, above and below. */
function filmEdges(): Buffer {
  const { width, height } = SIZE;
  const [strip, hole, step] = [34, 16, 40];
  const holes = (y: number): string =>
    Array.from(
      { length: Math.ceil(width / step) },
      (_, at) =>
        `<rect x="${at * step + 12}" y="${y}" width="${hole}" height="${hole}" rx="4" fill="#f4f1ec"/>`,
    ).join('');
  const edge = (y: number): string => `<rect y="${y}" width="${width}" height="${strip}" fill="#120f0d"/>`;
  const margin = (strip - hole) / 2;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${edge(0)}${edge(height - strip)}${holes(margin)}${holes(height - strip + margin)}</svg>`,
  );
}

const finish = (bytes: Buffer, over?: Buffer): Promise<Buffer> =>
  sharp(bytes)
    .composite(over ? [{ input: over }] : [])
    .webp({ quality: QUALITY, effort: 6, smartSubsample: true })
    .toBuffer();

await mkdir(FOLDER, { recursive: true });
for (const [model, picture] of Object.entries(PICTURES)) {
  const bytes = await draw(picture);
  await writeFile(join(FOLDER, `${model.replaceAll('/', '--')}.webp`), bytes);
  console.log(`${model}  ${(bytes.length / 1000).toFixed(1)} kB`);
}
