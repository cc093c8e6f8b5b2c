/** What the playground makes of a schema, and that it forbids nothing that the server takes. */
import type { TFunction } from 'i18next';
import { expect, test } from 'vitest';
import { loadModels } from '../../src/catalog/bundled.ts';
import { validateInput } from '../../src/catalog/validate-input.ts';
import type { InputSchema } from '../../src/client/index.ts';
import { controlOf, foldedFields } from '../../src/web/pages/playground/form/form-schema.ts';
import { createValidator } from '../../src/web/pages/playground/form/validator.ts';
import {
  callInput,
  defaultsOf,
  type Input,
  pendingUpload,
  withExamples,
} from '../../src/web/pages/playground/input.ts';
import { EDIT } from '../support/api.ts';

const { models, find } = await loadModels(undefined);
const schemaOf = (id: string) => find(id)!.inputSchema as unknown as InputSchema;
const { isValid } = createValidator(((key: string) => key) as TFunction<'playground'>);

/** Right and wrong values for fields of any type. */
const VALUES = [
  undefined,
  '',
  ' ',
  'x',
  'x'.repeat(1001),
  '🦊'.repeat(1000),
  '16:9',
  '1K',
  'png',
  'auto',
].concat(
  [0, 1, 4, 5, 6, 7, 21, -1, 1.5, 2 ** 53, true, false] as never[],
  [[], ['https://example.com/a.png'], Array(21).fill('https://example.com/a.png')] as never[],
);

test.each(models.map(({ id }) => id))('the form of %s takes what the server takes', (id) => {
  const model = find(id)!;
  const schema = schemaOf(id);
  const right = withExamples(schema, defaultsOf(schema));
  expect(isValid(schema as never, right, schema as never)).toBe(true);
  expect(validateInput(model, right).ok).toBe(true);
  for (const name of Object.keys(schema.properties))
    for (const value of VALUES) {
      const input: Input = { ...defaultsOf(schema), ...right, [name]: value };
      const said = isValid(schema as never, input, schema as never);
      const sent = callInput(schema, input);
      expect(said, `${name}: ${JSON.stringify(value)?.slice(0, 60)}`).toBe(validateInput(model, sent).ok);
    }
});

test('a call says what was filled in and leaves to the server what that fills in the same way', () => {
  const schema = schemaOf(EDIT);
  const input = {
    ...defaultsOf(schema),
    prompt: 'x',
    image_urls: ['https://example.com/a.png', pendingUpload(1)],
    seed: 0,
    resolution: '2K',
  };
  expect(callInput(schema, input)).toEqual({
    prompt: 'x',
    image_urls: ['https://example.com/a.png'],
    seed: 0,
    resolution: '2K',
  });
  expect(Object.keys(callInput(schema, { seed: 1, prompt: 'x' }))).toEqual(['prompt', 'seed']);
});

test('every field has the control that fits it, and what most leave alone is folded', () => {
  const { properties } = schemaOf(EDIT);
  expect(
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, controlOf(name, property)]),
    ),
  ).toEqual({
    prompt: 'prompt',
    image_urls: 'images',
    num_images: 'stepper',
    seed: 'seed',
    aspect_ratio: 'ratio',
    resolution: 'segments',
    output_format: 'segments',
    safety_tolerance: 'slider',
    limit_generations: 'switch',
    enable_web_search: 'switch',
  });
  expect(foldedFields(schemaOf(EDIT))).toEqual([
    'seed',
    'output_format',
    'safety_tolerance',
    'limit_generations',
    'enable_web_search',
  ]);
  expect(foldedFields(schemaOf('google/nano-banana/text-to-image'))).toEqual([]);
  const text = { title: '', description: '' };
  expect(controlOf('style', { ...text, type: 'string', enum: ['a', 'b', 'c', 'd', 'e'] })).toBe('select');
  expect(controlOf('mask_url', { ...text, type: 'string', format: 'image_uri' })).toBe('images');
  expect(controlOf('strength', { ...text, type: 'number', minimum: 0, maximum: 1 })).toBe('slider');
  expect(controlOf('guidance', { ...text, type: 'number' })).toBe('number');
  expect(controlOf('tags', { ...text, type: 'array', items: { type: 'string' }, maxItems: 5 })).toBe('lines');
});
