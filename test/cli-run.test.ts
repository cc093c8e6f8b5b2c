/** The command line for callers: running models, through pipes, against a whole server. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRunComfy } from './fakes/runcomfy.ts';
import { makeKey } from './support/accounts.ts';
import { call, EDIT, submit, TEXT_TO_IMAGE } from './support/api.ts';
import { type Caller, makeCaller } from './support/caller.ts';
import { drawPicture, lookAt } from './support/pictures.ts';
import { UUID } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let caller: Caller;
beforeAll(async () => {
  server = await startTestServer();
  caller = await makeCaller(server, server.dataDir);
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...parameters: string[]) => caller.darkroom(['run', ...parameters]);
const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const filesIn = async (folder: string): Promise<string[]> => (await readdir(join(caller.cwd, folder))).sort();
const inputOf = async (requestId: string) =>
  (await call(server, '/v1/requests?limit=100')).body.requests.find(
    ({ request_id }: { request_id: string }) => request_id === requestId,
  ).input;

/** The id of the request that was submitted last. */
const latest = async (): Promise<string | undefined> =>
  (await call(server, '/v1/requests?limit=1')).body.requests[0]?.request_id;

describe('darkroom run', () => {
  test('makes pictures, saves them under sensible names, and prints these alone on stdout', async () => {
    const ended = await run(
      ...[TEXT_TO_IMAGE, '--prompt', 'a fox', '--num-images', '2', '--resolution', '0.5K', '--out', 'two/'],
    );
    expect(ended.code, ended.stderr).toBe(0);
    const [, id] = /^Request (\S+)$/m.exec(ended.stderr)!;
    const stem = `nano-banana-2-text-to-image-${id!.slice(-8)}`;
    expect(lines(ended.stdout)).toEqual([join('two', `${stem}-1.png`), join('two', `${stem}-2.png`)]);
    expect(await filesIn('two')).toEqual([`${stem}-1.png`, `${stem}-2.png`]);
    for (const path of lines(ended.stdout))
      expect(await lookAt(await readFile(join(caller.cwd, path)))).toMatchObject({ format: 'png' });
    expect(ended.stderr).toMatch(/^It costs 0\.09 USD\.$[\s\S]*^Done in \d+ s, 0\.09 USD, seed \d+, \d+$/m);
    // No colours and no living line in a pipe.
    const printed = ended.stdout + ended.stderr;
    expect(stripVTControlCharacters(printed)).toBe(printed);
    expect(printed).not.toContain('\r');
  });

  test('uploads local files, and tells progress line by line', async () => {
    const picture = join(caller.cwd, 'a picture.jpg');
    await writeFile(picture, await drawPicture('jpeg'));
    const ended = await run(
      ...[EDIT, '--prompt', 'rotate [[sandbox:slow=300]]', '--image', 'a picture.jpg', picture],
      ...['--image_urls', 'a picture.jpg', '--output_format=webp', '--out', 'edited.webp'],
    );
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toBe('edited.webp\n');
    expect(await lookAt(await readFile(join(caller.cwd, 'edited.webp')))).toMatchObject({ format: 'webp' });
    expect(ended.stderr).toMatch(/^uploading a picture.jpg\n[\s\S]*^running\n[\s\S]*^Done in /m);
    const input = await inputOf(/^Request (\S+)$/m.exec(ended.stderr)![1]!);
    expect(input.image_urls).toHaveLength(3);
    // The same path is the same upload.
    expect(new Set(input.image_urls).size).toBe(2);
  });

  test('--json prints the result and nothing else', async () => {
    const ended = await run(TEXT_TO_IMAGE, '--prompt', 'a lake', '--seed', '7', '--out', 'lake', '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(ended.stdout);
    expect(result).toMatchObject({
      request_id: expect.stringMatching(UUID),
      status: 'completed',
      cost: 0.067,
      files: [{ seed: 7 }],
    });
    expect(await filesIn('lake')).toEqual([result.saved[0].slice('lake'.length + 1)]);
  });

  test('--no-save prints the addresses, and saves nothing', async () => {
    const before = await filesIn('.');
    const ended = await run(TEXT_TO_IMAGE, '--prompt', 'a lake', '--no-save', '--quiet');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^http:\S+\/files\/\S+\.png\n$/);
    expect(await filesIn('.')).toEqual(before);
  });

  test('a bytes-in-the-answer result is saved like any other', async () => {
    const model = 'google/nano-banana/pro/text-to-image';
    const ended = await run(model, '--prompt', 'a lake', '--sync-mode', '--out', 'sync.png');
    expect(ended).toMatchObject({ code: 0, stdout: 'sync.png\n' });
    expect(await lookAt(await readFile(join(caller.cwd, 'sync.png')))).toMatchObject({ format: 'png' });
  });

  test('nothing is ever written over unless it is asked for', async () => {
    await writeFile(join(caller.cwd, 'mine.png'), 'mine');
    const refused = await run(TEXT_TO_IMAGE, '--prompt', 'x', '--out', 'mine.png');
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/mine\.png is there already.*--overwrite/);
    expect(await readFile(join(caller.cwd, 'mine.png'), 'utf8')).toBe('mine');

    expect(await run(TEXT_TO_IMAGE, '--prompt', 'x', '--out', 'mine.png', '--overwrite')).toMatchObject({
      code: 0,
      stdout: 'mine.png\n',
    });
    await lookAt(await readFile(join(caller.cwd, 'mine.png')));
  });

  test('an extension that does not fit the bytes gives way to the one that does', async () => {
    const ended = await run(
      TEXT_TO_IMAGE,
      '--prompt',
      'x',
      '--out',
      'poster.webp',
      '--output-format',
      'jpeg',
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'poster.jpg\n' });
  });

  test('a result that is fetched again is the same file; another one of its name is left alone', async () => {
    const id = await submit(server, { prompt: 'again' });
    const first = await caller.darkroom(['result', id, '--out', 'again']);
    expect(first.code, first.stderr).toBe(0);
    expect((await caller.darkroom(['result', id, '--out', 'again'])).stdout).toBe(first.stdout);
    expect(await filesIn('again')).toHaveLength(1);
    await writeFile(join(caller.cwd, first.stdout.trim()), 'drawn over');
    const third = await caller.darkroom(['result', id, '--out', 'again']);
    expect(third.stdout).toBe(first.stdout.replace('.png', ' (2).png'));
    expect(await readFile(join(caller.cwd, first.stdout.trim()), 'utf8')).toBe('drawn over');
  });

  test('input comes from a file, from stdin, from flags; flags win', async () => {
    const fields = { prompt: 'from the file', seed: 1, aspect_ratio: '16:9' };
    await writeFile(join(caller.cwd, 'input.json'), `\uFEFF${JSON.stringify(fields)}`);
    const parameters = ['run', TEXT_TO_IMAGE, '--no-save', '--json'];
    const idOf = ({ stdout }: { stdout: string }): string => JSON.parse(stdout).request_id;
    const ended = await caller.darkroom([...parameters, '--input', 'input.json', '--seed', '2']);
    expect(await inputOf(idOf(ended))).toMatchObject({ ...fields, seed: 2 });

    const piped = await caller.darkroom([...parameters, '--prompt', '-'], { input: 'a fox\nin the snow\n' });
    expect(await inputOf(idOf(piped))).toMatchObject({ prompt: 'a fox\nin the snow' });
    const both = await caller.darkroom([...parameters, '--input', '-', '--set', 'seed=3'], {
      input: JSON.stringify(fields),
    });
    expect(await inputOf(idOf(both))).toMatchObject({ prompt: 'from the file', seed: 3 });
  });

  test('the parameters of a model are in its help, with what they allow', async () => {
    const { code, stdout } = await run(EDIT, '--help');
    expect(code).toBe(0);
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toContain(
      '--image, --image-urls <file or URL...> The URLs of the images to use for image-to-image generation or image editing. (required; 1 to 20)',
    );
    expect(text).toContain('--num-images <integer> The number of images to generate. (1 to 4; default 1)');
    expect(text).toContain('(auto, 21:9, 16:9, 3:2, 4:3, 5:4, 1:1, 4:5, 3:4, 2:3, 9:16; default auto)');
    expect((await run('--help')).stdout).toMatch(/darkroom run <model> --help/);
  });

  test('a dry run checks the input and says the price; a price that is too high is not paid', async () => {
    const before = await latest();
    const parameters = [TEXT_TO_IMAGE, '--prompt', 'x', '--num-images', '2', '--resolution', '4K'];
    expect(await run(...parameters, '--dry-run')).toEqual({ code: 0, stdout: '0.302 USD\n', stderr: '' });
    expect(JSON.parse((await run(...parameters, '--dry-run', '--json')).stdout)).toMatchObject({
      cost: 0.302,
    });
    expect((await run(...parameters, '--dry-run', '--seed=0.5')).code).toBe(5);
    const dear = await run(...parameters, '--max-cost', '0.3');
    expect([dear.code, dear.stderr]).toEqual([6, expect.stringMatching(/0\.302 USD.*not submitted/)]);
    expect(await latest()).toBe(before);
  });
});

describe('what goes wrong has an exit code of its own, and words that help:', () => {
  test.each<[string, string[], number, RegExp]>([
    ['an unknown option', [TEXT_TO_IMAGE, '--num-imges', '2'], 1, /unknown option.*\n.*mean --num-images/],
    ['a number that is none', [TEXT_TO_IMAGE, '--seed', 'many'], 1, /--seed.*must be a whole number/],
    ['a file that is not there', [EDIT, '--image', 'none.png'], 1, /--image.*There is no such file/],
    ['no model', [], 1, /Name a model/],
    ['a model that comes late', ['--prompt', 'x', TEXT_TO_IMAGE], 1, /The model comes first/],
    ['a server that is none', [TEXT_TO_IMAGE, '--base-url', 'localhost:1'], 1, /begins with http/],
    [
      'a key that is refused',
      [TEXT_TO_IMAGE, '--api-key', 'nope'],
      3,
      /refused the key from --api-key.*\n.*login/,
    ],
    ['an unknown model', [`${TEXT_TO_IMAGE}s`], 4, new RegExp(`Did you mean ${TEXT_TO_IMAGE}\\?`)],
    [
      'an input that breaks rules: each of them, by its flag',
      [TEXT_TO_IMAGE, '--num-images', '9', '--aspect-ratio', '7:7'],
      5,
      /--prompt is required\n--num-images must be <= 4\n--aspect-ratio must be one of/,
    ],
    [
      'an unknown field, when strict',
      [TEXT_TO_IMAGE, '--set', 'promt=x', '--strict', '--prompt', 'x'],
      5,
      /mean prompt/,
    ],
    ['no server', [TEXT_TO_IMAGE, '--base-url', 'http://127.0.0.1:9'], 9, /No answer from/],
    ['blocked content', [TEXT_TO_IMAGE, '--prompt', '[[sandbox:blocked]]'], 11, /content_blocked/],
    [
      'an input that cannot be fetched',
      [EDIT, '--prompt', 'x', '--image', 'https://127.0.0.1/x.png'],
      12,
      /input_unreachable/,
    ],
    ['a backend that fails', [TEXT_TO_IMAGE, '--prompt', '[[sandbox:error]]'], 13, /backend_rejected/],
    ['a backend that takes too long', [TEXT_TO_IMAGE, '--prompt', '[[sandbox:timeout]]'], 14, /\(timeout\)/],
    [
      'patience that is over',
      [TEXT_TO_IMAGE, '--prompt', '[[sandbox:slow=20000]]', '--timeout', '500ms'],
      14,
      /not finished in time.*`darkroom result /,
    ],
  ])('%s', async (_what, parameters, code, words) => {
    const ended = await run(...parameters);
    expect(ended.stderr).toMatch(words);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  test('a budget that is spent, a scope that is missing, a rate that is exceeded', async () => {
    const as = async (fields: Record<string, unknown>) => {
      const { key } = await makeKey(server, fields);
      const parameters = ['run', TEXT_TO_IMAGE, '--prompt', 'x', '--no-save', '--api-key', key];
      return caller.darkroom(parameters);
    };
    const poor = await as({ monthly_budget_usd: 0.01 });
    expect([poor.code, poor.stderr]).toEqual([6, expect.stringMatching(/budget.*\n.*darkroom usage/s)]);
    const reader = await as({ scopes: ['read'] });
    expect([reader.code, reader.stderr]).toEqual([3, expect.stringMatching(/scope/)]);
    const slow = await makeKey(server, { requests_per_minute: 1 });
    await call({ ...server, key: slow.key }, '/v1/account');
    const hasty = await caller.darkroom(['usage', '--api-key', slow.key]);
    expect([hasty.code, hasty.stderr]).toEqual([7, expect.stringMatching(/Try again in \d+ s/)]);
  });

  test('a place where nothing can be written is told before anything is paid for', async () => {
    await writeFile(join(caller.cwd, 'a-file'), '');
    const before = await latest();
    const ended = await run(TEXT_TO_IMAGE, '--prompt', 'x', '--out', 'a-file/');
    expect([ended.code, ended.stderr]).toEqual([1, expect.stringMatching(/^--out: nothing can be written/)]);
    expect(await latest()).toBe(before);
  });

  test('an upload that is no picture is named', async () => {
    await writeFile(join(caller.cwd, 'notes.txt'), 'words');
    const ended = await run(EDIT, '--prompt', 'x', '--image', 'notes.txt');
    expect([ended.code, ended.stderr]).toEqual([5, expect.stringMatching(/notes\.txt is not an image/)]);
  });

  test('with --json, a failure is JSON on stdout as well', async () => {
    const refused = await run(TEXT_TO_IMAGE, '--num-images', '9', '--prompt', 'x', '--json');
    expect(refused.code).toBe(5);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error_code: 422001,
      detail: [{ loc: ['body', 'num_images'] }],
    });
    const failed = await run(TEXT_TO_IMAGE, '--prompt', '[[sandbox:blocked]]', '--json');
    expect(failed.code).toBe(11);
    expect(JSON.parse(failed.stdout)).toMatchObject({ status: 'failed', error: { code: 'content_blocked' } });
  });
});

describe('the other commands for requests', () => {
  test('submit prints the id, status and requests know it, result fetches it', async () => {
    const submitted = await caller.darkroom(['submit', TEXT_TO_IMAGE, '--prompt', 'step by step']);
    expect([submitted.code, submitted.stdout.trim()]).toEqual([0, expect.stringMatching(UUID)]);
    const id = submitted.stdout.trim();
    const watched = await caller.darkroom(['status', id, '--watch', '--json']);
    expect(JSON.parse(lines(watched.stdout).at(-1)!)).toMatchObject({ status: 'completed' });
    expect((await caller.darkroom(['status', id])).stdout).toBe('completed\n');
    expect((await caller.darkroom(['requests', '--limit', '1'])).stdout).toMatch(
      new RegExp(`^REQUEST .*\\n${id} +completed .* step by step\\n$`),
    );
    const [row] = JSON.parse((await caller.darkroom(['requests', '--json', '--limit', '1'])).stdout);
    expect(row.request_id).toBe(id);
    expect((await caller.darkroom(['result', id, '--out', 'steps'])).code).toBe(0);
    expect(await filesIn('steps')).toHaveLength(1);
    expect((await caller.darkroom(['cancel', id])).code).toBe(8);
    expect((await caller.darkroom(['requests', 'delete', id])).stdout).toBe(`Deleted ${id}.\n`);
    expect((await caller.darkroom(['status', id])).code).toBe(4);
  });

  test('files are uploaded, listed, deleted', async () => {
    await writeFile(join(caller.cwd, 'up.png'), await drawPicture());
    const { stdout } = await caller.darkroom(['files', 'upload', 'up.png']);
    expect(stdout).toMatch(/^http:\S+\.png\n$/);
    const [file] = JSON.parse((await caller.darkroom(['files', 'list', '--json'])).stdout);
    expect(file).toMatchObject({ url: stdout.trim(), name: 'up.png' });
    expect((await caller.darkroom(['files', 'delete', file.id])).code).toBe(0);
    expect((await caller.darkroom(['files', 'upload', 'none.png'])).stderr).toMatch(/none\.png is no file/);
  });
});

test("it works with RunComfy's own host: files as data URIs, parameters as they are written", async () => {
  await using host = await startRunComfy();
  const there = await makeCaller({ url: host.url, key: 'rc_key' }, server.dataDir);
  await writeFile(join(there.cwd, 'a.png'), await drawPicture());
  const ended = await there.darkroom([
    'run',
    EDIT,
    '--prompt',
    '42',
    '--image',
    'a.png',
    '--num-images',
    '2',
    '--enable-web-search',
    '--no-save',
    '--json',
  ]);
  expect(ended.code, ended.stderr).toBe(0);
  expect(JSON.parse(ended.stdout).output.image).toMatch(/^https:/);
  expect(host.requests.map(({ input }) => input)).toEqual([
    {
      prompt: '42',
      image_urls: [expect.stringMatching(/^data:image\/png;base64,/)],
      num_images: 2,
      enable_web_search: true,
    },
  ]);
  // Its pictures are at an address that is none.
  const [{ id } = { id: '' }] = host.requests;
  const lost = await there.darkroom(['result', id]);
  expect([lost.code, lost.stderr]).toEqual([
    2,
    expect.stringMatching(/could not be saved[\s\S]*They are kept: `darkroom result/),
  ]);
});
