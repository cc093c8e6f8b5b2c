/** The client as a program gets it: built, small, without dependencies, and typed by its models. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { estimateSchema } from '../src/api/estimate.ts';
import * as schemas from '../src/api/schemas.ts';
import * as webhookSchemas from '../src/api/webhook-schemas.ts';
import { type ProgramFolder, programFolder } from './support/built-client.ts';
import { darkroom, ROOT, run } from './support/command.ts';
import { startTestServer } from './support/server.ts';

let program: ProgramFolder;
beforeAll(async () => {
  program = await programFolder();
});
afterAll(() => program[Symbol.asyncDispose]());

/** All of the client as one script, as a bundler for browsers makes it. */
async function bundle(): Promise<string> {
  const entry = join(program.packagePath, 'client/index.js');
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, target: 'es2022', lib: { entry, formats: ['es'] } },
  });
  const [output] = built as { output: { code?: string }[] }[];
  expect(output!.output).toHaveLength(1);
  return output!.output[0]!.code!;
}

test('it is plain JavaScript without dependencies, below 10 kB minified and compressed', async () => {
  const code = await bundle();
  const bytes = gzipSync(code, { level: 9 }).length;
  expect(bytes).toBeLessThan(10_000);
  // Nothing that a bundler for browsers would look for.
  expect(code).not.toMatch(/from\s*["']|import\s*\(\s*["']|require\(/);
  const manifest = JSON.parse(await readFile(join(program.packagePath, 'package.json'), 'utf8'));
  expect(manifest).not.toHaveProperty('dependencies');
  const paths = Object.values<Record<string, string>>(manifest.exports).flatMap((entry) =>
    Object.values(entry),
  );
  for (const path of paths) expect(await readFile(join(program.packagePath, path), 'utf8')).not.toBe('');
});

test('packed, it has what its exports name, its licence and its page, and nothing else', async () => {
  const packed = await run('npm', ['pack', '--dry-run', '--json', program.packagePath], {
    cwd: program.path,
  });
  const [{ files, size }] = JSON.parse(packed.stdout);
  const names: string[] = files.map(({ path }: { path: string }) => path);
  const others = names.filter((name) => !/^(client|ai-sdk)\/[\w-]+\.(js|d\.ts)$/.test(name));
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
  const inside = (name: string) => readdir(join(program.packagePath, name));
  const built = [...(await inside('client')), ...(await inside('ai-sdk'))];
  expect(names).toHaveLength(built.length + 3);
  expect(size).toBeLessThan(60_000);
  expect(await readFile(join(program.packagePath, 'README.md'), 'utf8')).not.toMatch(/\]\((?!https?:)/);
});

test('the types of the bundled models are those of the models', async () => {
  const ended = await run(process.execPath, ['scripts/generate-client.ts', '--check'], { cwd: ROOT });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
});

const TYPED = `
import { Darkroom, type CompletedResult, type InputOf, type ModelId, type OutputOf, outputUrls } from 'darkroom/client';

const darkroom = new Darkroom({ apiKey: 'dk_key' });
const edit = 'google/nano-banana-2/edit';

const result = await darkroom.run(edit, { prompt: 'x', image_urls: ['https://a', new Blob([]), new Uint8Array()] });
const image: string | undefined = result.output.image;
const urls: string[] = outputUrls(result);
// @ts-expect-error an image model makes no video
result.output.video;
const video = await darkroom.run('comfyui/wan-2.2/text-to-video', { prompt: 'x', duration: 5 });
const movie: string | undefined = video.output.video;

// @ts-expect-error required
await darkroom.run(edit, { prompt: 'x' });
// @ts-expect-error one of a list
await darkroom.run(edit, { prompt: 'x', image_urls: [], aspect_ratio: '7:5' });
// @ts-expect-error a number
await darkroom.submit(edit, { prompt: 'x', image_urls: [], seed: '1' });
// @ts-expect-error not a field of the model
await darkroom.run(edit, { prompt: 'x', image_urls: [], promt: 'y' });
// @ts-expect-error no image
await darkroom.run(edit, { prompt: 'x', image_urls: [7] });
// An alias is the model.
await darkroom.run('google/nano-banana-pro/edit', { prompt: 'x', image_urls: [], sync_mode: true });

// What is not known is taken, and loose.
const other = await darkroom.run('somebody/else', { anything: 1 });
const any: string[] = outputUrls(other);
const chosen: ModelId = edit as string;
await darkroom.run(chosen, { anything: 1 });

const input: InputOf<typeof edit> = { prompt: 'x', image_urls: [] };
const output: OutputOf<typeof edit> = { image: 'https://a' };
const completed: CompletedResult<OutputOf<typeof edit>> = result;

for await (const update of darkroom.subscribe(result.request_id)) {
  if (update.type === 'status') update.queue_position;
  // @ts-expect-error only a status has it
  else update.queue_position;
}
for await (const request of darkroom.requests.list()) request.input;
const page: string | null = (await darkroom.requests.list()).next_cursor;
export { any, completed, image, input, movie, output, page, urls };
`;

test('inputs and outputs are checked by the model that is named', async () => {
  await writeFile(join(program.path, 'typed.ts'), TYPED);
  expect(await program.check(['typed.ts'])).toBe('');
  // That the check can fail.
  await writeFile(join(program.path, 'wrong.ts'), TYPED.replaceAll('@ts-expect-error', ''));
  const wrong = await program.check(['wrong.ts']);
  expect(wrong.match(/error TS/g)).toHaveLength(TYPED.match(/@ts-expect-error/g)!.length);
});

/** Bodies of the API, by the name that the client gives them. */
const BODIES = {
  Account: schemas.accountSchema,
  Cancellation: schemas.cancelSchema,
  Delivery: webhookSchemas.deliverySchema,
  DeliveryDetail: webhookSchemas.deliveryDetailSchema,
  Estimate: estimateSchema,
  Failure: schemas.failureSchema,
  Key: schemas.keySchema,
  Model: schemas.modelSchema,
  OutputFile: schemas.fileSchema,
  Result: schemas.resultSchema,
  Status: schemas.statusSchema,
  Submitted: schemas.submitSchema,
  UploadedFile: schemas.uploadSchema,
  Usage: schemas.usageSchema,
  Warning: schemas.warningSchema,
  Webhook: webhookSchemas.webhookSchema,
  WebhookSecret: webhookSchemas.secretSchema,
};

test('the client knows every field of an answer, and no others', async () => {
  const lines = Object.entries(BODIES).map(([name, { properties }]) => {
    const fields = Object.keys(properties).map((field) => JSON.stringify(field));
    return `export const same${name}: Same<keyof sdk.${name}, ${fields.join(' | ')}> = true;`;
  });
  const head = `import type * as sdk from 'darkroom/client';
    type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : ['not answered', Exclude<A, B>]) : ['unknown', Exclude<B, A>, Exclude<A, B>];\n`;
  await writeFile(join(program.path, 'wire.ts'), head + lines.join('\n'));
  expect(await program.check(['wire.ts'])).toBe('');
});

/** With texts as only an enemy of whoever makes types of them would write. */
const MODEL = {
  id: 'acme/paint-3',
  aliases: ['acme/paint'],
  kind: 'text-to-video',
  categories: ['text-to-video'],
  display_name: 'Paint */ export const evil = 1; /*',
  description: 'Paints.',
  prices_usd: { default: 0.01 },
  candidates: [],
  input_schema: {
    type: 'object',
    title: 'Input',
    required: ['prompt'],
    properties: {
      prompt: { title: 'Prompt', description: 'What.\n */ evil(); /*', type: 'string', maxLength: 100 },
      style: {
        title: 'Style',
        description: '',
        type: 'string',
        enum: ["'quoted'", 'a\\b', 'c"d'],
        default: 'c"d',
      },
      steps: { title: 'Steps', description: 'How many.', type: 'integer', enum: [1, 2, 4] },
      image_urls: {
        title: 'Images',
        description: 'Where it begins.',
        type: 'array',
        items: { type: 'string', format: 'image_uri' },
        maxItems: 2,
      },
    },
  },
};

const OWN = `
import { Darkroom } from 'darkroom/client';
const darkroom = new Darkroom({ apiKey: 'dk_key' });
const result = await darkroom.run('acme/paint-3', { prompt: 'x', style: "'quoted'", steps: 4, image_urls: [new Blob([])] });
export const video: string | undefined = result.output.video;
await darkroom.run('acme/paint', { prompt: 'x', style: 'a\\\\b' });
// @ts-expect-error required
await darkroom.run('acme/paint-3', {});
// @ts-expect-error one of a list
await darkroom.run('acme/paint-3', { prompt: 'x', steps: 3 });
// Those that came with the client are still known.
// @ts-expect-error required
await darkroom.run('google/nano-banana-2/edit', { prompt: 'x' });
`;

test('darkroom types writes the same for models of your own, from their files and from a server', async () => {
  const models = join(program.path, 'models');
  await mkdir(join(models, MODEL.id), { recursive: true });
  await writeFile(join(models, MODEL.id, 'model.json'), JSON.stringify(MODEL));
  await writeFile(join(program.path, 'own.ts'), OWN);

  const fromFiles = await darkroom(['types', '--out', 'models.d.ts'], {
    cwd: program.path,
    env: { DARKROOM_MODELS_DIR: models },
  });
  expect(fromFiles).toMatchObject({ code: 0, stderr: expect.stringContaining('12 models') });
  expect(await program.check(['models.d.ts', 'own.ts'])).toBe('');

  await using server = await startTestServer({ DARKROOM_MODELS_DIR: models });
  const fromServer = await darkroom(['types', '--base-url', server.url], {
    env: { DARKROOM_API_KEY: server.key },
  });
  const withoutFirstLine = (text: string): string => text.slice(text.indexOf('\n'));
  expect(withoutFirstLine(fromServer.stdout)).toBe(
    withoutFirstLine(await readFile(join(program.path, 'models.d.ts'), 'utf8')),
  );
  expect(fromServer.stdout).not.toMatch(/^\s*(export const )?evil/m);

  const refused = await darkroom(['types', '--base-url', server.url, '--api-key', 'dk_wrong'], {});
  expect(refused.code).not.toBe(0);
  expect((await darkroom(['types', '--out', 'models.json'], { cwd: program.path })).stderr).toContain('.ts');
});
