/** How the server sends the web app; what the app does then is in test/web. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildingPage, readWebPage } from '../src/api/web-page.ts';
import { type Answer, type CallOptions, call } from './support/api.ts';
import { builtWeb } from './support/built-web.ts';
import { ROOT } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { webRoutes } from './support/web-routes.ts';

let server: TestServer;
beforeAll(async () => {
  await builtWeb();
  server = await startTestServer({ DARKROOM_PUBLIC_URL: 'https://darkroom.example/' });
}, 120_000);
afterAll(() => server[Symbol.asyncDispose]());

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const open = (
  path: string,
  headers: Record<string, string> = {},
  options: CallOptions = {},
): Promise<Answer> => call(server, path, { key: null, ...options, headers: { ...BROWSER, ...headers } });

const isPage = (answer: Answer): boolean => /^<!doctype html>/i.test(answer.body);

describe('a page', () => {
  test('is sent at every address that the app has', async () => {
    const routes = webRoutes();
    expect(routes).toContain('/keys');
    for (const path of routes) {
      const answer = await open(path);
      expect([path, answer.status, isPage(answer)]).toEqual([path, 200, true]);
    }
  });

  test('allows nothing but the server itself, and no script or style that stands in it', async () => {
    const { headers, body } = await open('/');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(
      policy.match(/https?:\S+/g)?.every((host) => host.replace(';', '') === 'https://darkroom.example'),
    ).toBe(true);
    expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    expect(body).not.toMatch(/(?:src|href)="(?!\/)/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
  });

  test('is asked for anew each time, and has another nonce each time', async () => {
    const [one, other] = [await open('/'), await open('/')];
    expect(one.headers.get('cache-control')).toContain('no-cache');
    const nonces = [one, other].map(({ headers, body }) => {
      const nonce = /'nonce-([^']+)'/.exec(headers.get('content-security-policy')!)![1]!;
      expect(body).toContain(`nonce="${nonce}"`);
      return nonce;
    });
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test.each([
    [{}, 'en', 'system'],
    [{ 'accept-language': 'fr, it;q=0.8' }, 'it', 'system'],
    [{ 'accept-language': 'it', cookie: 'darkroom_language=zh-TW; darkroom_theme=dark' }, 'zh-TW', 'dark'],
    [{ cookie: 'darkroom_language="><script>; darkroom_theme="><script>' }, 'en', 'system'],
  ])('to %j is in %s, and %s', async (headers, language, theme) => {
    const { body } = await open('/', headers);
    expect(body).toContain(`<html lang="${language}" data-theme="${theme}">`);
  });
});

describe('an address that nothing is at', () => {
  test('is a page to a browser, with the status 404', async () => {
    const answer = await open('/nowhere/at-all');
    expect([answer.status, isPage(answer)]).toEqual([404, true]);
  });

  test.each(['/v1/nowhere', '/files/x', '/openapi.jso', '/assets/gone.js', '/docs/nowhere'])(
    'is an error of the API to a program, as is %s to all',
    async (path) => {
      const toProgram = await call(server, path, { key: null });
      expect([toProgram.status, toProgram.body.error_code]).toEqual([404, 404001]);
      const toBrowser = await open(path);
      if (path !== '/openapi.jso')
        expect(toBrowser.body).toEqual({ ...toProgram.body, request_id: expect.any(String) });
    },
  );

  test('is no page to anything but GET', async () => {
    const { status, body } = await open('/nowhere', {}, { method: 'POST' });
    expect([status, body.error_code]).toEqual([404, 404001]);
  });
});

describe('a file of the app', () => {
  const script = async (): Promise<string> => /src="(\/assets\/[^"]+\.js)"/.exec((await open('/')).body)![1]!;

  test('is kept by browsers for ever: its name is its content', async () => {
    const { status, headers } = await open(await script());
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('content-type')).toMatch(/javascript/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each(['br', 'gzip'])('is sent as small as it was made at build time, in %s', async (encoding) => {
    const { headers } = await open(await script(), { 'accept-encoding': encoding });
    expect(headers.get('content-encoding')).toBe(encoding);
    expect(headers.get('vary')).toContain('accept-encoding');
  });

  test.each(['/assets/..%2findex.html', '/assets/../built-from.txt', '/assets/%2e%2e/index.html'])(
    'is none of those beside them: %s',
    async (path) => {
      const answer = await open(path);
      expect(answer.status).toBeOneOf([400, 403, 404]);
      expect(JSON.stringify(answer.body)).not.toContain(ROOT);
    },
  );
});

describe('before the app is built', () => {
  test('a page tells how to build it, or waits for who does', async () => {
    const dist = await mkdtemp(join(tmpdir(), 'darkroom-dist-'));
    expect(await readWebPage(dist)).toBeUndefined();
    const text = await buildingPage(dist);
    expect(text).toContain('npm run build:web');
    expect(text).not.toContain('http-equiv="refresh"');

    await writeFile(join(dist, 'web-is-being-built'), String(process.pid));
    expect(await buildingPage(dist)).toContain('http-equiv="refresh"');
    const { pid } = spawnSync('true');
    await writeFile(join(dist, 'web-is-being-built'), String(pid));
    expect(await buildingPage(dist)).toBe(text);
    await rm(dist, { recursive: true });
  });

  test('building happens only where something has changed', async () => {
    expect(await builtWeb()).toBe('');
    expect(await readWebPage(join(ROOT, 'dist'))).toBe(
      await readFile(join(ROOT, 'dist/web/index.html'), 'utf8'),
    );
  });
});
