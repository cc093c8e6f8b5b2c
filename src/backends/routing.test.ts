import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fits, readRouting } from './routing.ts';

const MODELS = ['google/nano-banana-2/edit', 'google/nano-banana-2/text-to-image'];
const BACKENDS = ['gemini', 'openai'];

async function read(content: unknown) {
  const path = join(await mkdtemp(join(tmpdir(), 'darkroom-routing-')), 'routing.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readRouting(path, MODELS, BACKENDS);
}

describe('a routing file', () => {
  test('names candidates for models by pattern, and limits for backends', async () => {
    const routing = await read({
      models: { 'google/*': [{ backend: 'openai', upstream_model: 'gpt-image-2' }] },
      backends: { gemini: { concurrency: 8, requests_per_minute: 60 } },
    });
    expect(routing.models).toEqual([
      { pattern: 'google/*', candidates: [{ backend: 'openai', upstreamModel: 'gpt-image-2' }] },
    ]);
    expect(routing.limits.get('gemini')).toEqual({ concurrency: 8, requestsPerMinute: 60 });
  });

  test('is refused with every mistake at once', async () => {
    const wrong = read({
      models: { 'gogle/*': [{ backend: 'nobody', upstream_model: 'x' }] },
      backends: { other: {} },
    });
    await expect(wrong).rejects.toThrow(
      /models\.gogle\/\*: there is no such model[\s\S]*there is no backend "nobody"; there are gemini, openai[\s\S]*backends\.other/,
    );
  });

  test.each([
    ['{', /routing file .* is wrong/],
    [{ models: { a: [] } }, /models\.a must NOT have fewer/],
    [{ backends: { gemini: { concurrency: 0 } } }, /backends\.gemini\.concurrency must be >= 1/],
    [{ model: {} }, /additional properties: model/],
  ])('that is %j is refused with its place', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  test('that is not there is named', async () => {
    await expect(readRouting('/nowhere/routing.json', MODELS, BACKENDS)).rejects.toThrow(
      /\/nowhere\/routing\.json/,
    );
  });
});

test.each([
  ['google/*', 'google/a/b', true],
  ['google/*', 'openai/a', false],
  ['*/edit', 'google/nano-banana-2/edit', true],
  ['a.b', 'axb', false],
  ['google/a', 'google/a/b', false],
])('pattern %s fits %s: %s', (pattern, id, fitting) => {
  expect(fits(pattern, id)).toBe(fitting);
});
