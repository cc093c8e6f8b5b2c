import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CatalogError } from '../../catalog/mistakes.ts';
import { fillGraph } from './fill-graph.ts';
import { loadWorkflows, type WorkflowModel } from './load-workflows.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-workflows-'));
});
afterEach(() => rm(directory, { recursive: true }));

// biome-ignore lint/suspicious/noExplicitAny: tests write what no type allows
type Loose = any;

const graph = (): Loose => ({
  '3': { class_type: 'KSampler', inputs: { seed: 1, steps: 20, positive: ['6', 0] } },
  '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 512 }, _meta: { title: 'Size' } },
  '6': { class_type: 'CLIPTextEncode', inputs: { text: 'x', image1: ['12', 0] } },
  '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'x', images: ['3', 0] } },
  '12': { class_type: 'LoadImage', inputs: { image: 'x.png' }, _meta: { title: 'Twice' } },
  '13': { class_type: 'LoadImage', inputs: { image: 'x.png' }, _meta: { title: 'Twice' } },
});
const bindings = (): Loose => ({
  prompt: '6.inputs.text',
  seed: '3.inputs.seed',
  width: '5.inputs.width',
  height: 'Size.inputs.height',
  images: ['12.inputs.image'],
  outputs: ['9'],
});

const model = (properties: Loose = {}, id = 'acme/paint'): WorkflowModel => ({
  id,
  directory: join(directory, id),
  candidates: [{ backend: 'comfyui', upstreamModel: id }],
  inputSchema: {
    properties: {
      prompt: { type: 'string' },
      seed: { type: 'integer' },
      image_urls: { type: 'array', items: { format: 'image_uri' } },
      aspect_ratio: { type: 'string' },
      ...properties,
    },
  },
});

async function write(folder: string, files: Record<string, unknown>): Promise<void> {
  await mkdir(join(directory, folder), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(directory, folder, name), text);
  }
}

async function mistakes(...models: WorkflowModel[]): Promise<string[]> {
  const error = await loadWorkflows(models).then(
    () => new Error('they loaded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof CatalogError)) throw error;
  return error.mistakes.map(
    ({ file, place, message }) => `${file.slice(directory.length + 1)}: ${place}: ${message}`,
  );
}

/** The mistakes in files changed by `change`, without their folder. */
async function mistakesIn(
  change: (files: { graph: Loose; bindings: Loose; properties: Loose }) => void,
): Promise<string[]> {
  const files = { graph: graph(), bindings: bindings(), properties: {} };
  change(files);
  await write('acme/paint', { 'workflow.json': files.graph, 'bindings.json': files.bindings });
  return (await mistakes(model(files.properties))).map((line) => line.replace('acme/paint/', ''));
}

test('nodes are found by id and by title', async () => {
  await write('acme/paint', { 'workflow.json': graph(), 'bindings.json': bindings() });
  const workflows = await loadWorkflows([model()]);
  const { values, images, outputs, progress } = workflows.get('acme/paint')!.bindings;
  expect(values.get('height')).toEqual([{ nodeId: '5', input: 'height', multiply: 1, add: 0 }]);
  expect(images).toEqual([{ nodeId: '12', input: 'image', remove: ['12'] }]);
  expect(outputs).toEqual(['9']);
  // Samplers tell how far the work is, unless the bindings say otherwise.
  expect(progress).toEqual(['3']);
});

test('models of other backends need no workflow', async () => {
  const other = { ...model(), candidates: [{ backend: 'gemini', upstreamModel: 'x' }] };
  expect(await loadWorkflows([other])).toEqual(new Map());
});

test('all mistakes of all files are reported at once, by file and place', async () => {
  await write('acme/paint', {
    'workflow.json': { ...graph(), '20': { class_type: '', inputs: { image: ['99', 0] } } },
    'bindings.json': '{\n  "outputs": ["9",]\n}',
  });
  await write('acme/draw', { 'bindings.json': bindings() });
  await write('acme/film', { 'workflow.json': { nodes: [], last_node_id: 3 }, 'bindings.json': {} });
  const film = { ...model({}, 'acme/film'), candidates: [{ backend: 'comfyui', upstreamModel: 'film' }] };
  expect(await mistakes(model(), model({}, 'acme/draw'), film)).toEqual([
    'acme/paint/bindings.json: line 2, column 19: expected a value, found "]"',
    'acme/paint/workflow.json: 20.class_type: must name the class of the node',
    'acme/paint/workflow.json: 20.inputs.image: is a link to node 99, which is not there',
    'acme/draw/workflow.json: : does not exist',
    'acme/film/model.json: candidates: the upstream_model of comfyui must be acme/film: the workflow is the one of this folder',
    'acme/film/workflow.json: : is in the format of the editor; export it with "Export (API)"',
  ]);
});

describe('bindings are refused', () => {
  const cases: [string, Parameters<typeof mistakesIn>[0], string[]][] = [
    [
      'for a place that is none',
      ({ bindings: b }) => {
        b.prompt = '6.text';
        b.seed = 3;
      },
      ['prompt: must be a place like "6.inputs.text"', 'seed: must be a place like "6.inputs.text"'],
    ],
    [
      'for a node that is not there, and a title that two have',
      ({ bindings: b }) => {
        b.seed = '33.inputs.seed';
        b.images = ['Twice.inputs.image'];
      },
      [
        'seed: there is no node with the id or title "33"',
        'images.0: "Twice" is the title of nodes 12, 13: say which by id',
      ],
    ],
    [
      'for an input that is not there, and one that is a link',
      ({ bindings: b }) => {
        b.seed = '3.inputs.noise_seed';
        b.prompt = ['6.inputs.text', '3.inputs.positive'];
      },
      [
        'prompt.1: is a link to node 6: a value would cut the graph there',
        'seed: node 3 (KSampler) has no input "noise_seed"',
      ],
    ],
    [
      'without outputs',
      ({ bindings: b }) => {
        delete b.outputs;
      },
      ['outputs: must name the nodes whose files are the outputs'],
    ],
    [
      'for a field of the input schema without a place',
      ({ properties }) => {
        properties.steps = { type: 'integer' };
      },
      ['steps: the field of the input schema has no place: what callers set would be ignored'],
    ],
    [
      'for a field that the input schema does not have',
      ({ bindings: b }) => {
        b.steps = '3.inputs.steps';
      },
      ['steps: the model has no such field in its input schema'],
    ],
    [
      'for an aspect ratio that becomes no size',
      ({ bindings: b }) => {
        delete b.height;
      },
      ['aspect_ratio: needs places for width and height'],
    ],
    [
      'for images from anywhere but image_urls',
      ({ properties }) => {
        properties.mask = { type: 'string', format: 'image_uri' };
      },
      ['mask: images are fetched from image_urls only'],
    ],
    [
      'for images without a place',
      ({ bindings: b }) => {
        delete b.images;
      },
      ['images: must say where the images of image_urls go'],
    ],
    [
      'for sizes that do not fit what is offered',
      ({ bindings: b, properties }) => {
        b.sizes = { '16:9': [1280, 704] };
        properties.aspect_ratio = { type: 'string', enum: ['auto', '16:9', '1:1'] };
        properties.resolution = { type: 'string' };
      },
      ['sizes: are the only ones: the model cannot offer a resolution', 'sizes: has no size for 1:1'],
    ],
    [
      'for sizes that are none',
      ({ bindings: b }) => {
        b.sizes = { wide: [1, 2] };
      },
      ['sizes.wide: must be named like "16:9"', 'sizes.wide: must be [width, height] in pixels'],
    ],
    [
      'for words nobody knows',
      ({ bindings: b }) => {
        b.seed = { place: '3.inputs.seed', times: 2, add: '1' };
        b.images = [{ place: '12.inputs.image', remove: ['77'] }];
      },
      [
        'seed.times: unknown field',
        'seed.add: must be a number',
        'images.0.remove.0: there is no node with the id or title "77"',
      ],
    ],
  ];
  test.each(cases)('%s', async (_, change, expected) => {
    expect(await mistakesIn(change)).toEqual(expected.map((line) => `bindings.json: ${line}`));
  });
});

describe('a graph', () => {
  const round = {
    prompt: 'a fox',
    seed: 7,
    aspectRatio: '16:9',
    resolution: '2K' as const,
    parameters: {},
    images: [],
  };
  const load = async (changes: Loose = {}, properties: Loose = {}) => {
    await write('acme/paint', { 'workflow.json': graph(), 'bindings.json': { ...bindings(), ...changes } });
    return (await loadWorkflows([model(properties)])).get('acme/paint')!;
  };

  test('takes the size of ratio and resolution, and stays untouched itself', async () => {
    const workflow = await load();
    const filled = fillGraph(workflow, round, ['a.png']);
    expect(filled['5']!.inputs).toEqual({ width: 2752, height: 1536 });
    expect(filled['12']!.inputs.image).toBe('a.png');
    expect(workflow.graph).toEqual(graph());
  });

  test('takes one value in several places, numbers as the place wants them', async () => {
    const seed = ['3.inputs.seed', { place: '3.inputs.steps', multiply: 4, add: 1 }];
    const filled = fillGraph(await load({ seed }), round, ['a.png']);
    expect(filled['3']!.inputs).toMatchObject({ seed: 7, steps: 29 });
  });

  test('takes width and height from the caller where the model has such fields', async () => {
    const workflow = await load({}, { width: { type: 'integer' }, height: { type: 'integer' } });
    const filled = fillGraph(workflow, { ...round, parameters: { width: 640, height: 480 } }, ['a.png']);
    expect(filled['5']!.inputs).toEqual({ width: 640, height: 480 });
  });

  test('loses the nodes of an image that is not there, and the links to them', async () => {
    const filled = fillGraph(await load(), round, []);
    expect(Object.keys(filled)).not.toContain('12');
    expect(filled['6']!.inputs).toEqual({ text: 'a fox' });
  });

  test('has no size for a ratio beyond all measure', async () => {
    const workflow = await load();
    expect(() => fillGraph(workflow, { ...round, aspectRatio: '30:1' }, [])).toThrow(RangeError);
  });
});

test('the workflows that come along name every node of theirs, and no node twice', async () => {
  const files = (await readdir('models/comfyui', { recursive: true })).filter((name) =>
    name.endsWith('workflow.json'),
  );
  expect(files).toHaveLength(3);
  for (const file of files) {
    const nodes: Loose[] = Object.values(JSON.parse(await readFile(join('models/comfyui', file), 'utf8')));
    const titles = nodes.map((node) => node._meta?.title);
    expect(new Set(titles).size).toBe(nodes.length);
    expect(titles).not.toContain(undefined);
  }
});
