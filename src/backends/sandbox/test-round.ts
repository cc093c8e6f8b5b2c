/** Rounds and contexts for the tests of this folder. */
import pino from 'pino';
import sharp from 'sharp';
import type { InputImage, Round, RoundContext } from '../backend.ts';

export function round(changes: Partial<Round> = {}): Round {
  return {
    id: '0199f0c2-0000-7000-8000-000000000001',
    requestId: '0199f0c2-0000-7000-8000-000000000000',
    index: 0,
    attempt: 0,
    modelId: 'google/nano-banana-2/text-to-image',
    upstreamModel: 'google/nano-banana-2/text-to-image',
    prompt: 'a boat on the sea at sunset',
    seed: 42,
    aspectRatio: '1:1',
    resolution: '0.5K',
    outputFormat: 'png',
    images: [],
    parameters: {},
    ...changes,
  };
}

export function context(changes: Partial<RoundContext> = {}): RoundContext {
  return {
    signal: new AbortController().signal,
    deadline: new Date(Date.now() + 60_000),
    reportProgress: () => {},
    saveRemoteReference: async () => {},
    log: pino({ level: 'silent' }),
    ...changes,
  };
}

/** A photograph of sorts: red grows to the right, green downwards, blue is even. */
export async function gradientInput(width: number, height: number, blue = 90): Promise<InputImage> {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = 30 + (180 * x) / width;
      data[at + 1] = 40 + (150 * y) / height;
      data[at + 2] = blue;
    }
  }
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return { bytes, contentType: 'image/png', width, height };
}
