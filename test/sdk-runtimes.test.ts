/** The built client where programs run: versions of Node, Bun, Deno and a browser, all of them behind a bad connection. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { type ProgramFolder, programFolder } from './support/built-client.ts';
import { missingChromium } from './support/chromium.ts';
import { hasProgram, ROOT, run } from './support/command.ts';
import { type Peek, peekInto } from './support/database.ts';
import { type FaultyProxy, startFaultyProxy } from './support/faulty-proxy.ts';
import { OTHER_RUNTIMES, programOf, type Runtime } from './support/runtimes.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SCENARIO = join(ROOT, 'test/support/client-scenario.js');

let program: ProgramFolder;
let server: TestServer;
let proxy: FaultyProxy;
let db: Peek;
beforeAll(async () => {
  [program, server] = await Promise.all([programFolder(), startTestServer({ DARKROOM_SHUTDOWN_GRACE: '0' })]);
  proxy = await startFaultyProxy(server.url);
  db = await peekInto(server.dataDir);
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

/** Where a bad connection is worst: the first answer to each submit, upload, and look at events is lost. */
async function badConnection(): Promise<{ baseUrl: string; apiKey: string; accountId: string }> {
  proxy.calls.length = 0;
  let submits = 0;
  proxy.fault = ({ method, path, before }) => {
    // Not of the last two: whether a run that is stopped before the answer was there is cancelled is left to chance.
    if (method === 'POST' && path.startsWith('/v1/models/'))
      return submits++ % 2 === 0 && submits < 10 ? { kind: 'lose' } : undefined;
    if (path === '/v1/files' && method === 'POST' && before === 1) return { kind: 'lose' };
    return path.includes('/events') && before === 0 ? { kind: 'cut', bytes: 600 } : undefined;
  };
  const { key, accountId } = await makeAccount(server, { maxRunning: 1 });
  return { baseUrl: proxy.url, apiKey: key, accountId };
}

const EXPECTED = {
  run: { status: 'completed', images: 2, cost: 0.09 },
  outputs: [0, 1],
  last: 'completed',
  upload: { name: 'fox.png', type: 'image/png', whole: true, progress: 1 },
  edit: ['image'],
  inputs: 5,
  // One of them twice, since its answer was lost.
  files: expect.arrayContaining(['again.png', 'file', 'fox.png']),
  failed: [true, 'content_blocked'],
  invalid: [true, 'ValidationError', ['num_images', 'prompt']],
  aborted: ['AbortError', 'cancelled'],
  late: [true, 'cancelled'],
  nobody: true,
  total: 6,
};

/** Two images, one of the edit, one that failed, one that never ends: each was asked for once. */
async function expectNothingTwice(accountId: string): Promise<void> {
  const calls = await db.rows(
    `select rounds.state, sum(rounds.attempts)::int as calls from rounds join requests on requests.id = request_id
     where account_id = $1 group by rounds.state order by rounds.state`,
    [accountId],
  );
  expect(calls).toEqual([
    { state: 'done', calls: 3 },
    { state: 'failed', calls: 1 },
    { state: 'pending', calls: 1 },
  ]);
}

const noChromium = hasProgram('chromium') ? undefined : await missingChromium();
if (noChromium) console.warn(`\nNOT TESTED: the client in a browser. ${noChromium}\n`);

test.skipIf(noChromium)('in a browser, on a page of another origin', { timeout: 120_000 }, async () => {
  await using pages = await servePages({
    '/client/': join(program.packagePath, 'client'),
    '/': join(ROOT, 'test/support'),
  });
  const { accountId, ...connection } = await badConnection();
  const browser = await chromium.launch({ executablePath: await pathOf('chromium'), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`${pages.url}/index.html`);
    // As text, since what transforms this file would transform its imports.
    const given = JSON.stringify(connection);
    const seen = await page.evaluate(
      `Promise.all([import('/client/index.js'), import('/client-scenario.js')]).then(([sdk, { scenario }]) => scenario(sdk, ${given}))`,
    );
    expect(seen).toEqual(EXPECTED);
    await expectNothingTwice(accountId);
    // What only Node has is told as such.
    const told = await page.evaluate(
      `import('/client/index.js').then(({ Darkroom, file }) => new Darkroom(${given}).files.upload(file('/etc/hostname'))).catch((error) => error.message)`,
    );
    expect(told).toBe('Files cannot be read by their path here. Pass a File or a Blob.');
  } finally {
    await browser.close();
  }
});

/** Fetched side by side, while the other tests run. */
const programs = new Map<string, Promise<string | Error>>();
beforeAll(() => {
  for (const runtime of OTHER_RUNTIMES)
    programs.set(
      runtime.name,
      programOf(runtime).catch((error: Error) => error),
    );
});

const THIS_NODE = { name: `Node ${process.versions.node}`, parameters: [] };
const RUNTIMES: Pick<Runtime, 'name' | 'parameters'>[] = [THIS_NODE, ...OTHER_RUNTIMES];

test.for(RUNTIMES)('on $name', { timeout: 400_000 }, async ({ name, parameters }, { skip }) => {
  const executable = (await programs.get(name)) ?? process.execPath;
  if (executable instanceof Error) {
    console.warn(`\nNOT TESTED: the client on ${name}. ${executable.message}\n`);
    return skip(executable.message);
  }
  const { accountId, ...connection } = await badConnection();
  const script = `
    import * as sdk from 'darkroom/client';
    import { scenario } from ${JSON.stringify(pathToFileURL(SCENARIO).href)};
    const seen = await scenario(sdk, ${JSON.stringify(connection)});
    const left = globalThis.process.getActiveResourcesInfo?.().filter((kind) => kind === 'Timeout') ?? [];
    const { bun, deno, node } = globalThis.process.versions;
    console.log(JSON.stringify({ ran: bun ? 'Bun ' + bun : deno ? 'Deno ' + deno : 'Node ' + node, left, seen }));
  `;
  await writeFile(join(program.path, 'program.mjs'), script);
  const env = { DENO_DIR: join(program.path, 'deno') };
  const ended = await run(executable, [...parameters, 'program.mjs'], { cwd: program.path, env });
  expect(ended.stderr).toBe('');
  const { ran, left, seen } = JSON.parse(ended.stdout);
  expect(ran).toBe(name);
  expect(seen).toEqual(EXPECTED);
  // It ended by itself, and nothing ran on that would have kept it.
  expect(left).toEqual([]);
  await expectNothingTwice(accountId);
});

const pathOf = async (name: string): Promise<string> =>
  (await run('sh', ['-c', `command -v ${name}`])).stdout.trim();

/** Scripts from folders by the beginning of their path, and an empty page for everything else. */
async function servePages(folders: Record<string, string>): Promise<AsyncDisposable & { url: string }> {
  const host = createServer(async ({ url = '' }, answer) => {
    const [start, folder] = Object.entries(folders).find(([beginning]) => url.startsWith(beginning))!;
    if (!/^[\w./-]+\.js$/.test(url) || url.includes('..'))
      return answer
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><title>a page</title>');
    answer
      .writeHead(200, { 'content-type': 'text/javascript' })
      .end(await readFile(join(folder, url.slice(start.length))));
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      host.closeAllConnections();
      host.close();
    },
  };
}
