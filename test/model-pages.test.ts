/** The pages about calling the models: made from the models' own files, in three languages, and what they say runs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModels } from '../src/catalog/bundled.ts';
import { localisedInputSchema, localisedText } from '../src/catalog/localise.ts';
import { LANGUAGES } from '../src/catalog/model.ts';
import { pageTexts } from '../src/pages/texts.ts';
import { TEXT_TO_IMAGE } from './support/api.ts';
import { hasProgram, run } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const { models } = await loadModels(undefined);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const open = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + path, { headers, redirect: 'manual' });
const read = async (path: string, headers?: Record<string, string>): Promise<string> =>
  (await open(path, headers)).text();

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};
const plain = (text: string): string =>
  text.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => ENTITIES[entity]!);
/** What the copy button of the first block with this label copies. */
const codeOf = (page: string, label: string): string =>
  plain(new RegExp(`aria-label="${label}"><code>([\\s\\S]*?)</code>`).exec(page)![1]!);

describe.each(LANGUAGES)('in %s', (language) => {
  test.each(models.map((model) => [model.id, model] as const))(
    '%s has all its sections and no empty text',
    async (id, model) => {
      const page = await read(`/docs/models/${id}`, { 'accept-language': language });
      const t = pageTexts[language];
      expect(page).toContain(`<html lang="${language}"`);
      expect(page).toContain(`<h1>${localisedText(model.displayName, language)}</h1>`);
      const headings = [...page.matchAll(/<h[23][^>]*>(.*?)<\/h[23]>/g)].map(([, text]) => text!);
      const titles = [
        t.getStarted,
        t.authentication,
        t.apiReference,
        t.submit,
        t.status,
        t.result,
        t.cancel,
        t.schema,
        t.inputSchema,
        t.outputSchema,
      ];
      if (model.kind.startsWith('image-')) titles.push(t.fileInputs, t.hostedFile, t.upload);
      for (const title of titles) expect(headings.some((heading) => heading.endsWith(title))).toBe(true);
      for (const heading of headings) expect(heading.trim()).not.toBe('');
      for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(` id="${anchor}"`);
      // Nothing that should have been filled in, and no name of a text instead of it.
      const words = page.replaceAll(/<code>[\s\S]*?<\/code>/g, 'code');
      expect(words).not.toMatch(/undefined|\[object|\{\w+\}|modelApiDoc/);
      expect(words).not.toMatch(/<(title|h1|h2|h3|p|summary|figcaption)\b[^>]*>\s*<\/\1>/);
      const shown = localisedInputSchema(model, language);
      expect(JSON.parse(codeOf(page, t.inputSchema))).toEqual(JSON.parse(JSON.stringify(shown)));
    },
  );
});

describe('what the page of a model says', () => {
  test.skipIf(!hasProgram('curl'))('runs as curl', async () => {
    const page = await read(`/docs/models/${TEXT_TO_IMAGE}`);
    const env = { DARKROOM_API_KEY: server.key };
    const submitted = await run('sh', ['-c', codeOf(page, 'curl')], { env });
    const { request_id } = JSON.parse(submitted.stdout);
    const calls = [...page.matchAll(/aria-label="curl"><code>([\s\S]*?)<\/code>/g)].map(([, code]) =>
      plain(code!),
    );
    for (const call of calls.filter((code) => code.includes('{request_id}'))) {
      const answer = await run('sh', ['-c', call.replace('{request_id}', request_id)], { env });
      expect(JSON.parse(answer.stdout).request_id).toBe(request_id);
    }
  });

  test.skipIf(!hasProgram('python3'))('runs as Python', async () => {
    const page = await read(`/docs/models/${TEXT_TO_IMAGE}`);
    const done = await run('python3', ['-c', codeOf(page, 'Python')], {
      env: { DARKROOM_API_KEY: server.key },
    });
    expect(done.stderr).toBe('');
    expect(done.stdout).toContain(`'status': 'completed'`);
  });

  test('names this server as the caller reaches it', async () => {
    expect(await read(`/docs/models/${TEXT_TO_IMAGE}`)).toContain(`${server.url}/v1/models/${TEXT_TO_IMAGE}`);
  });
});

test('a language is taken from the browser, and kept once it was chosen', async () => {
  const path = `/docs/models/${TEXT_TO_IMAGE}`;
  expect(await read(path, { 'accept-language': 'it-IT,it;q=0.9' })).toContain('<html lang="it"');
  const chosen = await open(`${path}?lang=zh-TW`, { 'accept-language': 'it' });
  expect(await chosen.text()).toContain('<html lang="zh-TW"');
  const cookie = chosen.headers.get('set-cookie')!.split(';')[0]!;
  expect(cookie).toBe('darkroom_language=zh-TW');
  expect(await read(path, { 'accept-language': 'it', cookie })).toContain('<html lang="zh-TW"');
  expect((await open(`${path}?lang=xx`)).headers.get('set-cookie')).toBeNull();
});

test('an alias leads to the model, and what is no model is not found', async () => {
  const alias = await open('/docs/models/google/nano-banana-pro/edit?lang=it');
  expect([alias.status, alias.headers.get('location')]).toEqual([
    301,
    '/docs/models/google/nano-banana/pro/edit?lang=it',
  ]);
  expect((await open('/docs/models/google/none')).status).toBe(404);
  const list = await read('/docs/models');
  for (const { id } of models) expect(list).toContain(`href="/docs/models/${id}"`);
});

test('the pages may load two files of ours and nothing else, which never change under their name', async () => {
  const response = await open(`/docs/models/${TEXT_TO_IMAGE}`);
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain(`default-src 'none'`);
  expect(policy).not.toContain('unsafe');
  const page = await response.text();
  const assets = [...page.matchAll(/(?:href|src)="(\/docs\/assets\/[^"]+)"/g)].map(([, url]) => url!);
  expect(assets).toHaveLength(2);
  for (const url of assets) {
    const asset = await open(url);
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
  }
  expect(page).not.toMatch(/<style|style="|<script(?! src="\/docs)| on\w+="/);
});
