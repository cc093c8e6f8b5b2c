import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCatalog } from './load-catalog.ts';
import { CatalogError } from './mistakes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-models-'));
});
afterEach(() => rm(directory, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: tests write what no type allows
type Loose = any;

function model(id = 'acme/paint'): Loose {
  return {
    id,
    kind: 'text-to-image',
    categories: ['text-to-image'],
    display_name: 'Paint',
    description: 'Paints.',
    prices_usd: { '1K': 0.01, '2K': 0.02 },
    candidates: [{ backend: 'comfyui', upstream_model: 'paint' }],
    input_schema: {
      type: 'object',
      title: 'Input',
      required: ['prompt'],
      properties: {
        prompt: { title: 'Prompt', description: '', type: 'string', default: 'A fox.' },
        resolution: {
          title: 'Resolution',
          description: '',
          type: 'string',
          enum: ['1K', '2K'],
          default: '1K',
        },
        seed: { title: 'Seed', description: '', type: 'integer', default: 0 },
        images: {
          title: 'Images',
          description: '',
          type: 'array',
          items: { type: 'string', format: 'image_uri' },
          maxItems: 3,
        },
      },
    },
  };
}

async function write(path: string, content: Loose): Promise<void> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(
    file,
    typeof content === 'string' || content instanceof Buffer ? content : JSON.stringify(content),
  );
}

async function mistakes(...directories: string[]): Promise<string[]> {
  const error = await loadCatalog(directories.length > 0 ? directories : directory).then(
    () => new Error('it loaded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CatalogError)) throw error;
  return error.mistakes.map(
    ({ file, place, message }) => `${file.slice(directory.length + 1)}: ${place}: ${message}`,
  );
}

/** The mistakes in one model changed by `change`, without the file's name. */
async function mistakesIn(change: (file: Loose) => void): Promise<string[]> {
  const file = model();
  change(file);
  await write('acme/paint/model.json', file);
  return (await mistakes()).map((line) => line.replace('acme/paint/model.json: ', ''));
}

test('a model is its files', async () => {
  await write('acme/paint/model.json', { ...model(), aliases: ['paint'] });
  await write('acme/paint/texts.it.json', {
    display_name: 'Pittura',
    properties: { seed: { title: 'Seme' } },
  });
  await write('acme/paint/workflow.json', {});
  await write('acme/paint/parts/more.json', {});
  const catalog = await loadCatalog(directory);
  expect(catalog.find('paint')).toBe(catalog.find('acme/paint'));
  expect(catalog.find('constructor')).toBeUndefined();
  expect(catalog.models).toMatchObject([
    {
      id: 'acme/paint',
      displayName: { en: 'Paint', it: 'Pittura' },
      pricingNote: { en: '' },
      prices: { '1K': 10_000, '2K': 20_000 },
      propertyTexts: { it: { seed: { title: 'Seme' } } },
      candidates: [{ backend: 'comfyui', upstreamModel: 'paint' }],
    },
  ]);
});

test('operators add directories of their own after the first', async () => {
  await write('ours/acme/paint/model.json', model());
  await write('theirs/bob/draw/model.json', model('bob/draw'));
  const catalog = await loadCatalog([join(directory, 'ours'), join(directory, 'theirs')]);
  expect(catalog.models.map(({ id }) => id)).toEqual(['acme/paint', 'bob/draw']);
});

test('all mistakes of all files are reported at once, by file and place', async () => {
  const first = model();
  first.input_schema.properties.seed.default = '0';
  first.colour = 'red';
  await write('acme/paint/model.json', first);
  await write('acme/paint/texts.it.json', { properties: { sed: { title: 'Seme' } }, titel: 'x' });
  await write('bob/draw/model.json', '{\n  "id": "bob/draw",\n}');
  await write('bob/draw/texts.zh-TW.json', { display_name: 3 });
  const error = await loadCatalog(directory).catch((reason: unknown) => reason);
  expect((error as Error).message.replaceAll(directory, 'models').split('\n')).toEqual([
    '5 mistakes in the model files:',
    '  models/acme/paint/model.json: colour: unknown field',
    '  models/acme/paint/model.json: input_schema.properties.seed.default: must be integer',
    '  models/acme/paint/texts.it.json: titel: unknown field',
    '  models/bob/draw/model.json: line 3, column 1: expected a key in double quotes, found "}"',
    '  models/bob/draw/texts.zh-TW.json: display_name: must be string',
  ]);
});

describe('a model file is refused', () => {
  const cases: [string, (file: Loose) => void, string[]][] = [
    [
      'for an id that is not its folder',
      (f) => {
        f.id = 'acme/draw';
      },
      ['id: must be acme/paint, as the folder says'],
    ],
    [
      'for an alias with a segment "requests"',
      (f) => {
        f.aliases = ['acme/requests/x'];
      },
      ['aliases.0: must not have a segment named "requests"'],
    ],
    [
      'for an alias that ends as the address of an estimate',
      (f) => {
        f.aliases = ['acme/estimate'];
      },
      ['aliases.0: must not end in "/estimate": that address says what a run costs'],
    ],
    [
      'for the alias "categories"',
      (f) => {
        f.aliases = ['categories'];
      },
      ['aliases.0: must not be "categories": that address lists the categories'],
    ],
    [
      'for an alias out of form',
      (f) => {
        f.aliases = ['acme/../x'];
      },
      [expect.stringMatching(/^aliases\.0: must be segments .*"\.\."/)],
    ],
    [
      'for being its own alias',
      (f) => {
        f.aliases = ['acme/paint'];
      },
      [expect.stringMatching(/^aliases\.0: acme\/paint is already the name of the model in /)],
    ],
    [
      'for a kind there is not',
      (f) => {
        f.kind = 'text';
      },
      ['kind: must be one of: text-to-image, image-to-image, text-to-video, image-to-video'],
    ],
    [
      'for what is missing',
      (f) => {
        delete f.description;
      },
      ['description: is required'],
    ],
    [
      'for an unknown keyword',
      (f) => {
        f.input_schema.properties.seed.maximun = 3;
      },
      ['input_schema.properties.seed.maximun: unknown field; did you mean maximum?'],
    ],
    [
      'for an unknown type',
      (f) => {
        f.input_schema.properties.seed.type = 'int';
      },
      ['input_schema.properties.seed.type: must be one of: string, integer, number, boolean, array'],
    ],
    [
      'for no type',
      (f) => {
        delete f.input_schema.properties.seed.type;
      },
      ['input_schema.properties.seed.type: is required'],
    ],
    [
      'for a wrong default',
      (f) => {
        f.input_schema.properties.resolution.default = '8K';
      },
      ['input_schema.properties.resolution.default: must be one of: 1K, 2K'],
    ],
    [
      'for a default with a wrong item',
      (f) => {
        f.input_schema.properties.images.default = ['https://example.com/a.png', 'a.png'];
      },
      ['input_schema.properties.images.default.1: must be an https: URL or a data:image/…;base64, URI'],
    ],
    [
      'for an enum of another type',
      (f) => {
        f.input_schema.properties.seed.enum = [0, '1'];
      },
      ['input_schema.properties.seed.enum.1: must be integer'],
    ],
    [
      'for an enum with a value twice',
      (f) => {
        f.input_schema.properties.seed.enum = [0, 0];
      },
      ['input_schema.properties.seed.enum: must not list a value twice'],
    ],
    [
      'for bounds that cross',
      (f) => {
        Object.assign(f.input_schema.properties.seed, { minimum: 2, maximum: 1 });
      },
      ['input_schema.properties.seed.minimum: must be <= 1, the upper bound'],
    ],
    [
      'for bounds of a list that cross',
      (f) => {
        f.input_schema.properties.images.minItems = 4;
      },
      ['input_schema.properties.images.minItems: must be <= 3, the upper bound'],
    ],
    [
      'for bounds that have no effect',
      (f) => {
        f.input_schema.properties.resolution.maxLength = 2;
      },
      ['input_schema.properties.resolution.maxLength: must not stand beside enum'],
    ],
    [
      'for a list without an end',
      (f) => {
        delete f.input_schema.properties.images.maxItems;
      },
      ['input_schema.properties.images.maxItems: is required'],
    ],
    [
      'for requiring what there is not',
      (f) => {
        f.input_schema.required = ['prompt', 'mask'];
      },
      ['input_schema.required.1: there is no property mask'],
    ],
    [
      'for requiring twice',
      (f) => {
        f.input_schema.required = ['prompt', 'prompt'];
      },
      ['input_schema.required.1: lists prompt twice'],
    ],
    [
      'for a property name every object knows',
      (f) => {
        f.input_schema.properties.constructor = f.input_schema.properties.seed;
      },
      [expect.stringMatching(/^input_schema\.properties\.constructor: must be named with/)],
    ],
    [
      'for a price that is missing',
      (f) => {
        delete f.prices_usd['2K'];
      },
      ['prices_usd: has no price for resolution 2K'],
    ],
    [
      'for a price of nothing',
      (f) => {
        f.prices_usd['4K'] = 1;
      },
      ['prices_usd.4K: is not a resolution of the model'],
    ],
    [
      'for a price by an unknown name',
      (f) => {
        f.prices_usd['3K'] = 1;
      },
      ['prices_usd.3K: unknown field; did you mean 1K?'],
    ],
    [
      'for a price finer than is counted',
      (f) => {
        f.prices_usd['1K'] = 0.0000001;
      },
      ['prices_usd.1K: must have at most 6 decimal places'],
    ],
    [
      'for no price without resolutions',
      (f) => {
        delete f.input_schema.properties.resolution;
        f.prices_usd = {};
      },
      ['prices_usd: must have "default": the model has no resolution'],
    ],
    [
      'for a resolution nothing can draw',
      (f) => {
        f.input_schema.properties.resolution.enum = ['1K', '2K', '3K'];
      },
      [
        'input_schema.properties.resolution.enum.2: must be one of: 0.5K, 1K, 2K, 4K',
        'prices_usd: has no price for resolution 3K',
      ],
    ],
    [
      'for any number of images',
      (f) => {
        f.input_schema.properties.num_images = { title: 'N', description: '', type: 'integer' };
      },
      ['input_schema.properties.num_images: must be an integer with an enum or bounds within 1 and 100'],
    ],
    [
      'for an input schema that is none',
      (f) => {
        f.input_schema = [];
        f.prices_usd = { default: 1 };
      },
      ['input_schema: must be object'],
    ],
  ];
  test.each(cases)('%s', async (_why, change, expected) => {
    expect(await mistakesIn(change)).toEqual(expected);
  });

  test.each(['null', '[]', '3', '""'])('for being %s', async (content) => {
    await write('acme/paint/model.json', content);
    expect(await mistakes()).toEqual(['acme/paint/model.json: : must be object']);
  });
});

test('a folder cannot be named requests', async () => {
  await write('acme/requests/model.json', model('acme/requests'));
  expect(await mistakes()).toEqual([
    'acme/requests/model.json: id: must not have a segment named "requests"',
  ]);
});

test('the whole id cannot be categories, a part of it can', async () => {
  await write('categories/model.json', model('categories'));
  await write('acme/categories/model.json', model('acme/categories'));
  expect(await mistakes()).toEqual([
    'categories/model.json: id: must not be "categories": that address lists the categories',
  ]);
});

test('two models cannot go by the same name', async () => {
  await write('acme/paint/model.json', { ...model(), aliases: ['bob/draw', 'acme/p'] });
  await write('bob/draw/model.json', { ...model('bob/draw'), aliases: ['acme/p'] });
  const taken = (file: string) => join(directory, file);
  expect(await mistakes()).toEqual([
    `acme/paint/model.json: aliases.0: bob/draw is already the name of the model in ${taken('bob/draw/model.json')}`,
    `bob/draw/model.json: aliases.0: acme/p is already the name of the model in ${taken('acme/paint/model.json')}`,
  ]);
});

test('a later directory cannot redefine a model', async () => {
  await write('ours/acme/paint/model.json', model());
  await write('theirs/acme/paint/model.json', model());
  expect(await mistakes(join(directory, 'ours'), join(directory, 'theirs'))).toEqual([
    `theirs/acme/paint/model.json: id: acme/paint is already the name of the model in ${join(directory, 'ours/acme/paint/model.json')}`,
  ]);
});

test('texts must be of a property and in a language there is', async () => {
  await write('acme/paint/model.json', model());
  await write('acme/paint/texts.it.json', { properties: { promt: { title: 'x' }, seed: { titel: 'x' } } });
  await write('acme/paint/texts.zh-TW.json', { properties: { promt: { title: 'x' } } });
  await write('acme/paint/texts.en.json', {});
  await write('acme/paint/texts.fr.json', {});
  expect(await mistakes()).toEqual([
    'acme/paint/texts.en.json: : English texts belong in model.json',
    'acme/paint/texts.fr.json: : unknown language fr; known: zh-TW, it',
    'acme/paint/texts.it.json: properties.seed.titel: unknown field; did you mean title?',
    'acme/paint/texts.zh-TW.json: properties.promt: the model has no such property; did you mean prompt?',
  ]);
});

test('what looks like a model but is none is reported', async () => {
  await write('acme/paint/modle.json', model());
  await write('.hidden/model.json', 'not ours');
  await write('README.json', {});
  expect(await mistakes()).toEqual(['acme/paint: : has JSON files but no model.json']);
});

test('a file that is not UTF-8 is reported, a byte order mark is not', async () => {
  await write('acme/paint/model.json', Buffer.from([0x7b, 0xff, 0x7d]));
  await write('bob/draw/model.json', `\ufeff${JSON.stringify(model('bob/draw'))}`);
  expect(await mistakes()).toEqual(['acme/paint/model.json: : is not UTF-8']);
});

test('a directory that is missing or has no models is reported', async () => {
  await mkdir(join(directory, 'empty'));
  expect(await mistakes(join(directory, 'nowhere'))).toEqual(['nowhere: : does not exist']);
  expect(await mistakes(join(directory, 'empty'))).toEqual(['empty: : has no model.json at any depth']);
});
