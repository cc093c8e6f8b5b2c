/** Rounds as the runner hands them to a backend, and a context that remembers what the backend does with it. */
import sharp from 'sharp';
import type { InputImage, RemoteReference, Round, RoundContext } from '../../src/backends/backend.ts';
import { silent } from './test-database.ts';

export function testRound(changes: Partial<Round> = {}): Round {
  return {
    id: '0199f0c2-0000-7000-8000-000000000001',
    requestId: '0199f0c2-0000-7000-8000-000000000000',
    index: 0,
    attempt: 0,
    modelId: 'acme/paint',
    upstreamModel: 'gpt-image-2',
    prompt: 'a boat on the sea',
    seed: 42,
    aspectRatio: '1:1',
    resolution: '1K',
    outputFormat: 'png',
    images: [],
    parameters: {},
    ...changes,
  };
}

export interface TestContext extends RoundContext {
  references: RemoteReference[];
  fractions: number[];
}

export function testContext(changes: Partial<RoundContext> = {}): TestContext {
  const references: RemoteReference[] = [];
  const fractions: number[] = [];
  return {
    references,
    fractions,
    signal: new AbortController().signal,
    deadline: new Date(Date.now() + 60_000),
    reportProgress: (fraction) => void fractions.push(fraction),
    saveRemoteReference: async (reference) => void references.push(reference),
    log: silent,
    ...changes,
  };
}

export async function testInput(width = 32, height = 32): Promise<InputImage> {
  const image = sharp({ create: { width, height, channels: 3, background: 'red' } });
  return { bytes: await image.png().toBuffer(), contentType: 'image/png', width, height };
}
