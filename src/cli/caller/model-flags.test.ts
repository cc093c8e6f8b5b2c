import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { InputSchema, PropertySchema } from '../../client/index.ts';
import { LocalFile } from '../../client/sources.ts';
import { readLooseFlags } from './loose-flags.ts';
import { addModelFlags } from './model-flags.ts';

const property = (schema: Partial<PropertySchema> & Pick<PropertySchema, 'type'>): PropertySchema => ({
  title: '',
  description: '',
  ...schema,
});
const schema: InputSchema = {
  type: 'object',
  title: 'Input',
  required: ['prompt'],
  properties: {
    prompt: property({ type: 'string', default: 'an example' }),
    num_images: property({ type: 'integer', minimum: 1, maximum: 4, default: 1 }),
    strength: property({ type: 'number' }),
    image_urls: property({ type: 'array', items: { type: 'string', format: 'image_uri' }, maxItems: 2 }),
    mask_url: property({ type: 'string' }),
    tags: property({ type: 'array', items: { type: 'string' } }),
    limit_generations: property({ type: 'boolean', default: true }),
    no_watermark: property({ type: 'boolean' }),
    out: property({ type: 'string' }),
    loras: property({ type: 'array', items: { type: 'object' as 'string' } }),
  },
};

let picture: string;
beforeAll(async () => {
  picture = join(await mkdtemp(join(tmpdir(), 'darkroom-flags-')), 'a.png');
  await writeFile(picture, '');
});

function read(words: string[]): Record<string, unknown> {
  const command = new Command()
    .exitOverride()
    .configureOutput({ writeErr() {}, writeOut() {} })
    .action(() => {});
  const flags = addModelFlags(command, schema, ['--out']);
  command.parse(words, { from: 'user' });
  return flags.input();
}

describe('parameters as flags', () => {
  test('what is not given is not there: defaults are the server’s', () => {
    expect(read([])).toEqual({});
  });

  test('a value arrives in the type of its parameter, whichever way its name is written', () => {
    for (const flag of ['--num-images', '--num_images']) {
      expect(read([flag, '2'])).toEqual({ num_images: 2 });
      expect(read([`${flag}=2`])).toEqual({ num_images: 2 });
    }
    expect(read(['--strength', '-0.5'])).toEqual({ strength: -0.5 });
    expect(read(['--prompt', '42'])).toEqual({ prompt: '42' });
    expect(read(['--num-images', '1', '--num-images', '3'])).toEqual({ num_images: 3 });
  });

  test('any text arrives as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(read(['--prompt', text])).toEqual({ prompt: text });
        expect(read([`--prompt=${text}`])).toEqual({ prompt: text });
      }),
      { numRuns: 30 },
    );
  });

  test('a truth is the flag alone, its negation, or the word', () => {
    expect(read(['--limit-generations'])).toEqual({ limit_generations: true });
    expect(read(['--no-limit-generations'])).toEqual({ limit_generations: false });
    expect(read(['--no-limit_generations'])).toEqual({ limit_generations: false });
    expect(read(['--limit_generations=false'])).toEqual({ limit_generations: false });
    expect(() => read(['--limit-generations', 'maybe'])).toThrow(/true or false/);
    expect(read(['--no_watermark'])).toEqual({ no_watermark: true });
  });

  test('lists repeat, take several, or come as JSON', () => {
    expect(read(['--tags', 'a', 'b', '--tags', 'c'])).toEqual({ tags: ['a', 'b', 'c'] });
    expect(read(['--tags', '["x"]'])).toEqual({ tags: ['x'] });
    expect(read(['--loras', '{"path":"p"}', '{"path":"q"}'])).toEqual({
      loras: [{ path: 'p' }, { path: 'q' }],
    });
  });

  test('files are uploaded, URLs are not; what is neither is told', () => {
    const url = 'https://example.com/a.png';
    const data = 'data:image/png;base64,AAAA';
    expect(read(['--image', picture, url, '--image-urls', data, '--image_urls', picture])).toEqual({
      image_urls: [new LocalFile(picture), url, data, new LocalFile(picture)],
    });
    expect(read(['--mask-url', `file://${picture}`])).toEqual({ mask_url: new LocalFile(picture) });
    for (const path of ['none.png', 'C:\\none.png'])
      expect(() => read(['--image', path])).toThrow(/no such file/);
    expect(() => read(['--image', tmpdir()])).toThrow(/is no file/);
    // Words are never read as paths.
    expect(read(['--prompt', picture])).toEqual({ prompt: picture });
  });

  test('a number that is none, or would lose digits, is refused', () => {
    for (const text of ['many', '', '1e999', 'NaN'])
      expect(() => read(['--num-images', text])).toThrow(/must be a whole number/);
    expect(() => read(['--num-images', '9007199254740993'])).toThrow(/at most 9007199254740991/);
  });

  test('--set reaches every parameter, also one whose flag is taken, and unknown ones', () => {
    expect(
      read(['--set', 'out=x', '--set', 'num-images=2', '--set', 'new={"a":[1]}', '--set', 'tags=y']),
    ).toEqual({ out: 'x', num_images: 2, new: { a: [1] }, tags: ['y'] });
    expect(() => read(['--out', 'x'])).toThrow(/unknown option/);
    expect(() => read(['--set', 'seed'])).toThrow(/name=value/);
    // The flag is the nearer one.
    expect(read(['--num-images', '1', '--set', 'num_images=2'])).toEqual({ num_images: 1 });
  });

  test('an unknown flag is answered with the nearest', () => {
    expect(() => read(['--num-imges', '2'])).toThrow(/Did you mean --num-images\?/);
  });
});

describe('parameters without a schema', () => {
  test('are taken as they look', () => {
    expect(
      readLooseFlags([
        ...[
          '--prompt',
          '42',
          '--num-images',
          '2',
          '--fast',
          '--scale=1.5',
          '--image',
          picture,
          '--ratio',
          '16:9',
        ],
        ...['--tag', 'a', '--tag', 'b', '--extra', '{"a":true}'],
      ]),
    ).toEqual({
      prompt: '42',
      num_images: 2,
      fast: true,
      scale: 1.5,
      image_urls: [new LocalFile(picture)],
      ratio: '16:9',
      tag: ['a', 'b'],
      extra: { a: true },
    });
    expect(() => readLooseFlags(['word'])).toThrow(/word is no option/);
  });
});
