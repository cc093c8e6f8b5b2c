import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { InputImage, Round } from '../backend.ts';
import { sizeFor } from '../sizes.ts';
import { layOut } from './compose.ts';
import { createSandboxBackend } from './sandbox.ts';
import { context, gradientInput, round } from './test-round.ts';

const sandbox = createSandboxBackend({ delayMs: 0 });
const photograph = await gradientInput(632, 424);

interface Edited {
  width: number;
  height: number;
  at(x: number, y: number): number[];
  mean: number[];
}

/** Edits and gives the pixels above the caption to look at. */
async function edit(
  prompt: string,
  images: InputImage[] = [photograph],
  changes: Partial<Round> = {},
): Promise<Edited> {
  const { outputs } = await sandbox.generate(
    round({ prompt, images, aspectRatio: 'auto', ...changes }),
    context(),
  );
  const { data, info } = await sharp(outputs[0]!.bytes)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const at = (x: number, y: number) => {
    const from = (Math.floor(y * (height - 1)) * width + Math.floor(x * (width - 1))) * 3;
    return [...data.subarray(from, from + 3)];
  };
  const sums = [0, 0, 0];
  const rows = Math.floor(height * 0.85);
  for (let pixel = 0; pixel < rows * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) sums[channel]! += data[pixel * 3 + channel]!;
  }
  return { width, height, at, mean: sums.map((sum) => sum / rows / width) };
}

const brightness = ({ mean: [red, green, blue] }: Edited) => (red! + green! + blue!) / 3;
const SPOTS = [0.1, 0.35, 0.6, 0.85].flatMap((x) => [0.1, 0.4, 0.7].map((y) => [x, y] as const));
// Known, but without effect on the colours: what others are held against.
const untouched = await edit('rotate 180');

describe('colours', () => {
  it.each([
    'grayscale please',
    'make it black and white',
    '黑白',
    'neon grayscale',
    'vivid sunset in black and white',
  ])('%j leaves no colour', async (prompt) => {
    const edited = await edit(prompt);
    for (const [x, y] of SPOTS) {
      const [red, green, blue] = edited.at(x, y);
      expect([green, blue]).toEqual([red, red]);
    }
  });

  it('brighter is brighter, darker and night are darker', async () => {
    const plain = brightness(untouched);
    expect(brightness(await edit('make it brighter'))).toBeGreaterThan(plain + 15);
    expect(brightness(await edit('darker'))).toBeLessThan(plain - 15);
    expect(brightness(await edit('turn it to night'))).toBeLessThan(plain - 15);
  });

  it('warmer has more red to its blue, cooler less', async () => {
    const share = ({ mean: [red, , blue] }: Edited) => red! / blue!;
    expect(share(await edit('warmer'))).toBeGreaterThan(share(untouched) * 1.1);
    expect(share(await edit('cooler'))).toBeLessThan(share(untouched) / 1.1);
  });

  it('invert turns every value round', async () => {
    const [plain, inverted] = [await edit('rotate 180, mirror'), await edit('rotate 180, mirror, invert')];
    for (const [x, y] of SPOTS) {
      const sums = plain.at(x, y).map((value, channel) => value + inverted.at(x, y)[channel]!);
      for (const sum of sums) expect(Math.abs(sum - 255)).toBeLessThanOrEqual(1);
    }
  });

  it('sepia is brown, contrast widens, vivid saturates', async () => {
    const [red, green, blue] = (await edit('sepia')).mean;
    expect(red!).toBeGreaterThan(green!);
    expect(green!).toBeGreaterThan(blue!);
    const span = (edited: Edited) => edited.at(0.95, 0.1)[0]! - edited.at(0.05, 0.1)[0]!;
    expect(Math.abs(span(await edit('more contrast')))).toBeGreaterThan(Math.abs(span(untouched)) * 1.15);
    const chroma = (edited: Edited) => Math.max(...edited.at(0.1, 0.1)) - Math.min(...edited.at(0.1, 0.1));
    expect(chroma(await edit('vivid'))).toBeGreaterThan(chroma(await edit('sharpen')));
  });
});

describe('geometry and texture', () => {
  it('mirror changes left and right, flip vertically top and bottom', async () => {
    const mirrored = await edit('mirror it');
    expect(mirrored.at(0.05, 0.3)[0]).toBeGreaterThan(mirrored.at(0.95, 0.3)[0]! + 100);
    const flipped = await edit('flip it vertically');
    expect(flipped.at(0.5, 0.05)[1]).toBeGreaterThan(flipped.at(0.5, 0.8)[1]! + 80);
  });

  it('rotate turns a quarter to the right and the ratio with it', async () => {
    const turned = await edit('rotate');
    expect({ width: turned.width, height: turned.height }).toEqual(sizeFor('2:3', '0.5K'));
    expect(turned.at(0.5, 0.8)[0]).toBeGreaterThan(turned.at(0.5, 0.05)[0]! + 80);
  });

  it('pixelate makes blocks, blur softens an edge', async () => {
    const half = await sharp({ create: { width: 632, height: 424, channels: 3, background: '#000' } })
      .composite([
        { input: { create: { width: 316, height: 424, channels: 3, background: '#fff' } }, left: 0, top: 0 },
      ])
      .png()
      .toBuffer();
    const edge: InputImage = { bytes: half, contentType: 'image/png', width: 632, height: 424 };
    const shadesOf = (edited: Edited) =>
      new Set(Array.from({ length: 80 }, (_, step) => edited.at(0.46 + step * 0.001, 0.4)[0])).size;
    expect(shadesOf(await edit('blur', [edge]))).toBeGreaterThan(8);
    expect(shadesOf(await edit('sharpen', [edge]))).toBeLessThan(4);
    const blocks = await edit('pixelate');
    expect(blocks.at(0.5, 0.5)).toEqual(blocks.at(0.5015, 0.5));
  });

  it.each(['snow', 'rain', 'vignette', 'sunset', 'neon', 'night'])('%s is laid over', async (word) => {
    const { mean } = await edit(word);
    const change = mean.map((value, at) => Math.abs(value - untouched.mean[at]!));
    expect(Math.max(...change)).toBeGreaterThan(1);
  });

  it('a vignette darkens the corners and not the middle', async () => {
    const vignetted = await edit('vignette');
    const plain = await edit('blur the background');
    expect(vignetted.at(0.99, 0.01)[0]).toBeLessThan(plain.at(0.99, 0.01)[0]! - 40);
    expect(Math.abs(vignetted.at(0.5, 0.5)[1]! - plain.at(0.5, 0.5)[1]!)).toBeLessThan(6);
  });
});

describe('backgrounds', () => {
  it.each([
    'put a forest in the background',
    'Change the scene to a modern office, soft daylight, background only.',
    'white background',
  ])('%j keeps the middle and replaces the rest', async (prompt) => {
    const edited = await edit(prompt);
    const [middle, corner] = [photographAt(0.5, 0.5), photographAt(0.02, 0.05)];
    const far = (one: number[], other: number[]) =>
      Math.max(...one.map((value, at) => Math.abs(value - other[at]!)));
    expect(far(edited.at(0.5, 0.5), middle)).toBeLessThan(8);
    expect(far(edited.at(0.02, 0.05), corner)).toBeGreaterThan(20);
  });

  const photographAt = (x: number, y: number) => [30 + 180 * x, 40 + 150 * y, 90];
});

describe('sizes and several inputs', () => {
  it('auto takes the documented size nearest to the first input, a ratio asked for cuts', async () => {
    const tall = await gradientInput(300, 410);
    const auto = await edit('sepia', [tall]);
    expect({ width: auto.width, height: auto.height }).toEqual(sizeFor('3:4', '0.5K'));
    const wide = await edit('sepia', [tall], { aspectRatio: '21:9', resolution: '1K' });
    expect({ width: wide.width, height: wide.height }).toEqual(sizeFor('21:9', '1K'));
  });

  it('every input can be seen, in order, the first the largest', async () => {
    const blues = [20, 90, 160, 230];
    const inputs = await Promise.all(blues.map((blue) => gradientInput(300, 200, blue)));
    const edited = await edit('rotate 180', inputs);
    const cells = layOut(inputs.length, edited);
    const seen = cells.map(
      ({ left, top, width, height }) =>
        edited.at((left + width / 2) / edited.width, (top + height / 2) / edited.height)[2],
    );
    expect(seen).toEqual(blues);
    expect(Math.max(...cells.slice(1).map(({ width, height }) => width * height))).toBeLessThan(
      cells[0]!.width * cells[0]!.height,
    );
  });

  it.each([2, 3, 5, 7, 12, 20])('%i cells lie within the picture and apart', (count) => {
    for (const size of [sizeFor('16:9', '0.5K'), sizeFor('9:16', '4K'), sizeFor('1:1', '1K')]) {
      const cells = layOut(count, size);
      expect(cells).toHaveLength(count);
      for (const [at, one] of cells.entries()) {
        expect(Math.min(one.width, one.height)).toBeGreaterThan(20);
        expect(one.left + one.width).toBeLessThanOrEqual(size.width);
        expect(one.top + one.height).toBeLessThanOrEqual(size.height);
        for (const other of cells.slice(at + 1)) {
          const apart =
            one.left + one.width <= other.left ||
            other.left + other.width <= one.left ||
            one.top + one.height <= other.top ||
            other.top + other.height <= one.top;
          expect(apart).toBe(true);
        }
      }
    }
  });

  it('takes grey, transparent and CMYK inputs', async () => {
    const base = sharp(photograph.bytes);
    const inputs: InputImage[] = [
      { ...photograph, bytes: await base.clone().greyscale().png().toBuffer() },
      { ...photograph, bytes: await base.clone().ensureAlpha(0.5).png().toBuffer() },
      {
        ...photograph,
        bytes: await base.clone().toColourspace('cmyk').jpeg().toBuffer(),
        contentType: 'image/jpeg',
      },
    ];
    const edited = await edit('sepia', inputs);
    expect(edited.width).toBe(632);
  });
});

it('an edit it knows no word of still changes something, and says so', async () => {
  const { adjustments } = await sandbox.generate(
    round({ prompt: 'make it better', images: [photograph] }),
    context(),
  );
  expect(adjustments).toEqual(['the sandbox knows no edit in this prompt; it changed the colours a little']);
  expect((await edit('make it better')).mean).not.toEqual(untouched.mean);
});

it('the same edit gives the same bytes, another seed others', async () => {
  const run = async (seed: number) =>
    (await sandbox.generate(round({ prompt: 'make it better', images: [photograph], seed }), context()))
      .outputs[0]!.bytes;
  expect(await run(1)).toEqual(await run(1));
  expect(await run(2)).not.toEqual(await run(1));
});

it('says that several inputs are laid side by side', async () => {
  const images = [photograph, photograph];
  const { adjustments } = await sandbox.generate(round({ prompt: 'sepia', images }), context());
  expect(adjustments).toEqual(['the sandbox laid the 2 images side by side; it cannot merge what they show']);
});
