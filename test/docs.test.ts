/** The texts: their commands run, their links lead somewhere, and what they list is what there is. */
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureSchema } from '../src/api/schemas.ts';
import type { Setting } from '../src/config/setting.ts';
import { settings } from '../src/config/settings.ts';
import { call } from './support/api.ts';
import { ROOT, run } from './support/command.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';

/** Their `sh` blocks are run, one after the other as a reader would. */
const PAGES_WITH_COMMANDS = [
  'README.md',
  'docs/api.md',
  'docs/live-status.md',
  'docs/webhooks.md',
  'docs/keys-and-budgets.md',
  'docs/command-line.md',
  'docs/operations.md',
  'docs/mcp.md',
];
const SHOWN_ADDRESS = 'http://127.0.0.1:8080';

const readText = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

/** Every Markdown file of the project, from its root. */
async function pages(): Promise<string[]> {
  const below = await readdir(join(ROOT, 'docs'), { recursive: true });
  const top = await readdir(ROOT);
  return [...top, ...below.map((path) => join('docs', path))].filter((path) => path.endsWith('.md'));
}

const blocksOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, block]) => block!);

const withoutBlocks = (text: string): string => text.replace(/^```.*?^```/gms, '');

let folder: string;
let server: ServerProcess;
beforeAll(async () => {
  folder = await temporaryFolder();
  server = await spawnServer(join(folder, 'data'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

// An answer that is an error fails the command, and any command that fails fails the page.
const PRELUDE = `set -Eeuo pipefail
trap 'echo "failed: $BASH_COMMAND" >&2' ERR
curl() { command curl --fail-with-body --show-error --max-time 100 "$@"; }
npm() { command npm --prefix "$CHECKOUT" "$@"; }
darkroom() { command "$NODE" "$CHECKOUT/bin/darkroom.js" "$@"; }
`;

test.each(PAGES_WITH_COMMANDS)('the commands of %s run', { timeout: 120_000 }, async (page) => {
  const commands = blocksOf(await readText(page), 'sh');
  expect(commands).not.toHaveLength(0);
  const cwd = join(folder, page.replaceAll('/', '-'));
  await mkdir(cwd);
  const script = (PRELUDE + commands.join('\n')).replaceAll(SHOWN_ADDRESS, server.url);
  await writeFile(join(cwd, 'commands.sh'), script);
  // By way of cat: what a test reads from is no file that /dev/stderr can open.
  const ended = await run('bash', ['-c', 'set -o pipefail; bash commands.sh 2>&1 | cat'], {
    cwd,
    env: {
      DARKROOM_API_KEY: server.key,
      DARKROOM_DATA_DIR: server.dataDir,
      CHECKOUT: ROOT,
      NODE: process.execPath,
      XDG_CONFIG_HOME: cwd,
    },
    timeoutMs: 110_000,
  });
  expect(ended, ended.stdout).toMatchObject({ code: 0 });
});

test('every JSON that is shown is JSON', async () => {
  for (const page of await pages())
    for (const block of blocksOf(await readText(page), 'json'))
      expect(() => JSON.parse(block), `${page}: ${block}`).not.toThrow();
});

test('every link leads to a file, and to a heading of it', async () => {
  const broken: string[] = [];
  for (const page of await pages()) {
    for (const [, target] of withoutBlocks(await readText(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue;
      const [path, anchor] = target!.split('#');
      const file = path === '' ? page : join(dirname(page), path!);
      const there = await stat(join(ROOT, file)).catch(() => undefined);
      if (!there || (anchor !== undefined && !(await anchorsOf(file)).has(anchor)))
        broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

/** The names that headings have in URLs. */
async function anchorsOf(page: string): Promise<Set<string>> {
  const headings = withoutBlocks(await readText(page)).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every file that a page mentions is there', async () => {
  const folders = ['bench', 'bin', 'deploy', 'docs', 'models', 'scripts', 'src', 'test'];
  const files = (
    await Promise.all(
      folders.map(async (name) =>
        (await readdir(join(ROOT, name), { recursive: true })).map((path) => join(name, path)),
      ),
    )
  ).flat();
  const paths = new Set([...files, ...folders, ...(await readdir(ROOT))]);
  const names = new Set([...paths].map((path) => basename(path)));
  const missing: string[] = [];
  for (const page of await pages()) {
    for (const [, mention] of withoutBlocks(await readText(page)).matchAll(/`([\w./-]+)`/g)) {
      const path = relative('.', join('.', mention!.replace(/\/$/, '')));
      const isPath = folders.some((name) => path.startsWith(`${name}/`));
      const isName = /^[\w.-]+\.(?:ts|js|sql|md)$/.test(mention!);
      if ((isPath && !paths.has(path)) || (isName && !names.has(mention!)))
        missing.push(`${page}: ${mention}`);
    }
  }
  expect(missing).toEqual([]);
});

test('the architecture names every room, and no other', async () => {
  const tree = blocksOf(await readText('ARCHITECTURE.md'), '')[0]!;
  const named = [...tree.matchAll(/^ {2}([a-z-]+)\/ /gm)].map(([, name]) => name);
  const rooms = (await readdir(join(ROOT, 'src'), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(named.sort()).toEqual(rooms.sort());
});

test('the page of settings lists each with its default and meaning, in their order', async () => {
  const rows = [
    ...(await readText('docs/configuration.md')).matchAll(/^\| `([A-Z][A-Z0-9_]*)` \| (.+?) \| (.+) \|$/gm),
  ];
  const all: Setting<unknown>[] = Object.values(settings);
  expect(rows.map(([, name]) => name)).toEqual(all.map(({ name }) => name));
  for (const [index, [, name, shown, meaning]] of rows.entries()) {
    const { fallback, parse, description } = all[index]!;
    expect(meaning, name).toBe(description);
    // As a reader would write it.
    const written = shown === 'unset' ? undefined : parse(shown === 'none' ? '' : shown!.replaceAll('`', ''));
    expect(written, name).toEqual(fallback);
  }
});

test('the API page names every endpoint and every way to fail', async () => {
  const named = `${await readText('docs/api.md')} ${await readText('docs/operations.md')}`.replace(
    /\{\w+\}/g,
    '{}',
  );
  const { paths } = (await call(server, '/openapi.json')).body;
  const ids = (await call(server, '/v1/models?limit=100')).body.models.map(
    ({ model_id }: { model_id: string }) => `/v1/models/${model_id}`,
  );
  const estimates = ids.map((path: string) => `${path}/estimate`);
  const endpoints = Object.keys(paths).filter((path) => ![...ids, ...estimates].includes(path));
  expect(endpoints.length).toBeGreaterThan(10);
  for (const path of [...endpoints, '/v1/models/{}', '/v1/models/{}/estimate'])
    expect(named).toContain(path.replace(/\{\w+\}/g, '{}'));
  for (const code of (failureSchema as unknown as { properties: { code: { enum: string[] } } }).properties
    .code.enum)
    expect(named).toContain(`| \`${code}\` |`);
});

test('the page of operations names every metric, and no other', async () => {
  const { body } = await call(server, '/metrics');
  const real = [...body.matchAll(/^# TYPE (darkroom_\w+) /gm)].map(([, name]) => name);
  const table = (await readText('docs/operations.md')).matchAll(/^\| `(darkroom_\w+)` \|/gm);
  expect([...table].map(([, name]) => name).sort()).toEqual(real.sort());
});
