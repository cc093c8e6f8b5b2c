import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Violation } from '../errors.ts';
import { loadCatalog } from './load-catalog.ts';
import type { Catalog, Model, PropertySchema, ValueSchema } from './model.ts';
import { unknownFieldViolations } from './unknown-fields.ts';
import { validateInput } from './validate-input.ts';

let catalog: Catalog;
let textToImage: Model;
let edit: Model;
beforeAll(async () => {
  catalog = await loadCatalog('models');
  textToImage = catalog.find('google/nano-banana-2/text-to-image')!;
  edit = catalog.find('google/nano-banana/pro/edit')!;
});

const image = 'https://example.com/a.png';

function violations(model: Model, body: unknown): Violation[] {
  const result = validateInput(model, body);
  return result.ok ? [] : result.violations;
}

function accepted(model: Model, body: unknown): Record<string, unknown> {
  const result = validateInput(model, body);
  if (!result.ok) throw new Error(JSON.stringify(result.violations));
  return result.input;
}

describe('an accepted input', () => {
  test('has what is absent filled with the defaults, in the order of the schema', () => {
    const input = accepted(textToImage, { num_images: 2, prompt: 'a fox' });
    expect(JSON.stringify(input)).toBe(
      JSON.stringify({
        prompt: 'a fox',
        num_images: 2,
        aspect_ratio: 'auto',
        resolution: '1K',
        output_format: 'png',
        safety_tolerance: 4,
        limit_generations: true,
        enable_web_search: false,
      }),
    );
  });

  test('has a seed only if one was given, even if it is 0', () => {
    expect(accepted(textToImage, { prompt: 'a fox' })).not.toHaveProperty('seed');
    expect(accepted(textToImage, { prompt: 'a fox', seed: 0 })).toHaveProperty('seed', 0);
  });

  test('leaves the body as it was', () => {
    const body = Object.freeze({ prompt: 'a fox', extra: 1 });
    expect(accepted(textToImage, body)).not.toHaveProperty('extra');
    expect(body).toEqual({ prompt: 'a fox', extra: 1 });
  });

  test('may write an integer as 2.0', () => {
    expect(accepted(textToImage, JSON.parse('{"prompt":"a fox","num_images":2.0}')).num_images).toBe(2);
  });

  test('may have line breaks, tabs and any script in its prompt', () => {
    const prompt = 'a fox\r\n\tein Fuchs 狐狸 🦊';
    expect(accepted(textToImage, { prompt }).prompt).toBe(prompt);
  });
});

describe('a refused input', () => {
  const cases: [string, unknown, Violation[]][] = [
    [
      'too high',
      { prompt: 'x', num_images: 5 },
      [{ loc: ['body', 'num_images'], msg: 'must be <= 4', type: 'maximum' }],
    ],
    [
      'too low',
      { prompt: 'x', num_images: 0 },
      [{ loc: ['body', 'num_images'], msg: 'must be >= 1', type: 'minimum' }],
    ],
    [
      'a number in quotes',
      { prompt: 'x', num_images: '2' },
      [{ loc: ['body', 'num_images'], msg: 'must be integer', type: 'type' }],
    ],
    [
      'a fraction',
      { prompt: 'x', num_images: 1.5 },
      [{ loc: ['body', 'num_images'], msg: 'must be integer', type: 'type' }],
    ],
    ['null', { prompt: 'x', seed: null }, [{ loc: ['body', 'seed'], msg: 'must be integer', type: 'type' }]],
    [
      'null for the prompt',
      { prompt: null },
      [{ loc: ['body', 'prompt'], msg: 'must be string', type: 'type' }],
    ],
    [
      'a word for a truth',
      { prompt: 'x', limit_generations: 'true' },
      [{ loc: ['body', 'limit_generations'], msg: 'must be boolean', type: 'type' }],
    ],
    [
      'a wrong type where there is an enum',
      { prompt: 'x', safety_tolerance: '4' },
      [{ loc: ['body', 'safety_tolerance'], msg: 'must be integer', type: 'type' }],
    ],
    [
      'not in the enum',
      { prompt: 'x', resolution: '8K' },
      [{ loc: ['body', 'resolution'], msg: 'must be one of: 0.5K, 1K, 2K, 4K', type: 'enum' }],
    ],
    [
      'past what JSON numbers hold exactly',
      { prompt: 'x', seed: 2 ** 53 },
      [{ loc: ['body', 'seed'], msg: 'must be <= 9007199254740991', type: 'maximum' }],
    ],
    [
      'infinite',
      JSON.parse('{"prompt":"x","seed":1e999}'),
      [{ loc: ['body', 'seed'], msg: 'must be integer', type: 'type' }],
    ],
    [
      'without the prompt, although the schema has a default',
      {},
      [{ loc: ['body', 'prompt'], msg: 'is required', type: 'required' }],
    ],
    [
      'an empty prompt',
      { prompt: '' },
      [{ loc: ['body', 'prompt'], msg: 'must not be blank', type: 'blank' }],
    ],
    [
      'a prompt of blanks',
      { prompt: ' \n\t\u3000' },
      [{ loc: ['body', 'prompt'], msg: 'must not be blank', type: 'blank' }],
    ],
    [
      'a lone surrogate',
      { prompt: 'a\ud83e' },
      [{ loc: ['body', 'prompt'], msg: 'must be well-formed Unicode', type: 'well_formed' }],
    ],
    [
      'a control character',
      { prompt: 'a\u0000b' },
      [
        {
          loc: ['body', 'prompt'],
          msg: 'must not contain control characters (found U+0000)',
          type: 'control_character',
        },
      ],
    ],
    [
      'a prompt of a megabyte',
      { prompt: 'x'.repeat(1_000_000) },
      [{ loc: ['body', 'prompt'], msg: 'must have at most 32000 characters', type: 'maxLength' }],
    ],
  ];
  test.each(cases)('is %s', (_what, body, expected) => {
    expect(violations(textToImage, body)).toEqual(expected);
  });

  test.each([[undefined], [null], ['x'], [3], [true], [[]], [[{ prompt: 'x' }]]])(
    'is no object: %j',
    (body) => {
      expect(violations(textToImage, body)).toEqual([
        { loc: ['body'], msg: 'must be an object', type: 'type' },
      ]);
    },
  );

  test('is told all its mistakes at once', () => {
    const found = violations(edit, {
      prompt: ' ',
      image_urls: [],
      num_images: 9,
      sync_mode: 1,
      resolution: '0.5K',
    });
    expect(found.map(({ loc, type }) => [loc[1], type])).toEqual([
      ['prompt', 'blank'],
      ['image_urls', 'minItems'],
      ['resolution', 'enum'],
      ['num_images', 'maximum'],
      ['sync_mode', 'type'],
    ]);
  });

  test('is told which of its images is wrong', () => {
    expect(violations(edit, { prompt: 'x', image_urls: [image, 'a.png', 7] })).toEqual([
      {
        loc: ['body', 'image_urls', '1'],
        msg: 'must be an https: URL or a data:image/…;base64, URI',
        type: 'format',
      },
      { loc: ['body', 'image_urls', '2'], msg: 'must be string', type: 'type' },
    ]);
  });
});

describe('lengths', () => {
  test('count characters, not the halves of a pair', () => {
    const model = catalog.find('google/nano-banana/text-to-image')!;
    expect(violations(model, { prompt: '🦊'.repeat(1000) })).toEqual([]);
    const tooLong = [
      { loc: ['body', 'prompt'], msg: 'must have at most 1000 characters', type: 'maxLength' },
    ];
    for (const prompt of ['🦊'.repeat(1001), 'x'.repeat(1001), `x${'🦊'.repeat(5000)}`, '🦊'.repeat(5000)]) {
      expect(violations(model, { prompt })).toEqual(tooLong);
    }
  });

  test('of lists are bounded', () => {
    expect(violations(edit, { prompt: 'x', image_urls: Array(20).fill(image) })).toEqual([]);
    expect(violations(edit, { prompt: 'x', image_urls: Array(21).fill(image) })).toEqual([
      { loc: ['body', 'image_urls'], msg: 'must have at most 20 items', type: 'maxItems' },
    ]);
  });

  test('of image data have no bound of ours', () => {
    const data = `data:image/png;base64,${'A'.repeat(1_000_000)}`;
    expect(violations(edit, { prompt: 'x', image_urls: [data] })).toEqual([]);
  });
});

describe('input made to hurt', () => {
  test('a million wrong items make few violations', () => {
    const found = violations(edit, { prompt: 'x', image_urls: Array(1_000_000).fill(3) });
    expect(found[0]).toMatchObject({ type: 'maxItems' });
    expect(found.length).toBeLessThanOrEqual(51);
  });

  test('more violations than are listed are counted', () => {
    const wide: Model = { ...edit, inputSchema: { ...edit.inputSchema, properties: manyIntegers(80) } };
    const found = violations(wide, { prompt: 'x', image_urls: [image], ...manyValues(80, 'x') });
    expect(found).toHaveLength(51);
    expect(found.at(-1)).toMatchObject({ loc: ['body'], type: 'too_many_violations' });
  });

  test('a hundred thousand unknown fields make few warnings', () => {
    const result = validateInput(textToImage, { prompt: 'x', ...manyValues(100_000, 1) });
    expect(result.ok).toBe(true);
    expect(result.warnings).toHaveLength(51);
    expect(result.warnings.at(-1)).toEqual({ field: '*', message: '99950 more unknown fields, ignored' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a field called %s is just unknown',
    (name) => {
      const result = validateInput(textToImage, JSON.parse(`{"prompt":"x","${name}":{"polluted":true}}`));
      expect(result).toMatchObject({
        ok: true,
        warnings: [{ field: name, message: 'unknown field, ignored' }],
      });
      expect(Object.getPrototypeOf(result.ok && result.input)).toBe(Object.prototype);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  test('a prompt that is only inherited is missing', () => {
    expect(violations(textToImage, Object.create({ prompt: 'x' }))).toMatchObject([{ type: 'required' }]);
  });

  test('the name of an unknown field is shown in a form that can be stored', () => {
    const name = `\u0000\ud800${'x'.repeat(500)}`;
    const { field } = validateInput(textToImage, { prompt: 'x', [name]: 1 }).warnings[0]!;
    expect(field.isWellFormed()).toBe(true);
    expect(field).not.toContain('\u0000');
    expect(field.length).toBeLessThanOrEqual(64);
  });

  test('no JSON throws, none changes a prototype, and every answer can be stored as JSON', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 4 }),
        fc.record({ prompt: fc.anything(), image_urls: fc.anything() }),
        (value, loose) => {
          for (const model of catalog.models) {
            for (const body of [
              value,
              loose,
              typeof value === 'object' ? { prompt: 'x', ...value } : value,
            ]) {
              const result = validateInput(model, body);
              if (result.ok) expect(Object.getPrototypeOf(result.input)).toBe(Object.prototype);
              else expect(result.violations.length).toBeGreaterThan(0);
              const stored = JSON.stringify(result.ok ? result.warnings : result.violations);
              expect(stored.isWellFormed() && !stored.includes('\\u0000') && !stored.includes('\\ud')).toBe(
                true,
              );
            }
          }
        },
      ),
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe('unknown fields', () => {
  test('are left out and reported, with the field that was probably meant', () => {
    const result = validateInput(textToImage, { prompt: 'x', num_image: 2, aspectRatio: '1:1', width: 512 });
    expect(result.ok && Object.keys(result.input)).not.toContain('num_image');
    expect(result.warnings).toEqual([
      { field: 'num_image', message: 'unknown field, ignored; did you mean num_images?' },
      { field: 'aspectRatio', message: 'unknown field, ignored; did you mean aspect_ratio?' },
      { field: 'width', message: 'unknown field, ignored' },
    ]);
  });

  test('are reported beside violations too', () => {
    expect(validateInput(textToImage, { promt: 'x' })).toEqual({
      ok: false,
      violations: [{ loc: ['body', 'prompt'], msg: 'is required', type: 'required' }],
      warnings: [{ field: 'promt', message: 'unknown field, ignored; did you mean prompt?' }],
    });
  });

  test('are violations for who wants strict handling', () => {
    const { warnings } = validateInput(textToImage, { prompt: 'x', num_image: 2, ...manyValues(50, 1) });
    const strict = unknownFieldViolations(warnings);
    expect(strict[0]).toEqual({
      loc: ['body', 'num_image'],
      msg: 'is not a known field; did you mean num_images?',
      type: 'unknown_field',
    });
    expect(strict.at(-1)).toEqual({ loc: ['body'], msg: 'has 1 more unknown fields', type: 'unknown_field' });
  });
});

test('whatever a model’s schema allows is accepted, whole, and filled with the defaults', () => {
  for (const model of catalog.models) {
    fc.assert(
      fc.property(inputOf(model), (body) => {
        const { properties, required } = model.inputSchema;
        const filled = Object.entries(properties)
          .filter(([name]) => !required.includes(name) && name !== 'seed')
          .map(([name, property]) => [name, property.default]);
        expect(accepted(model, body)).toEqual({ ...Object.fromEntries(filled), ...body });
      }),
      { numRuns: 50 },
    );
  }
});

function inputOf({ inputSchema: { properties, required } }: Model): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties).map(([name, property]) => [name, arbitraryOf(property)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
}

function arbitraryOf(property: PropertySchema | ValueSchema): fc.Arbitrary<unknown> {
  if (property.type === 'array') {
    const { minItems = 0, maxItems } = property;
    return fc.array(arbitraryOf(property.items), { minLength: minItems, maxLength: maxItems });
  }
  if (property.enum) return fc.constantFrom(...property.enum);
  if (property.type === 'boolean') return fc.boolean();
  if (property.format) return fc.webUrl({ validSchemes: ['https', 'http'] });
  if (property.type === 'string') {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
    return text.filter((value) => value.trim() !== '' && !/\p{Cc}/u.test(value));
  }
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = property;
  return fc.integer({ min: minimum, max: maximum });
}

function manyIntegers(count: number): Record<string, PropertySchema> {
  const { prompt, image_urls } = edit.inputSchema.properties;
  const rest = Object.keys(manyValues(count, 0)).map((name) => [
    name,
    { title: name, description: '', type: 'integer' },
  ]);
  return { prompt: prompt!, image_urls: image_urls!, ...Object.fromEntries(rest) };
}

function manyValues(count: number, value: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`f_${index}`, value]));
}
