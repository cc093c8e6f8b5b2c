/** The web app in a browser: one server, one Chromium for a test file, pages that tell of every mistake. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { builtWeb } from './built-web.ts';
import { missingChromium } from './chromium.ts';
import { run } from './command.ts';
import { startTestServer, type TestServer } from './server.ts';

/** Building the app, and on a machine without one, a browser. */
const SETUP_TIMEOUT_MS = 400_000;
/** Something that never comes, even on a machine that does a lot else. */
const ACTION_TIMEOUT_MS = 20_000;
/** A browser shares its two cores with all other tests. */
const TEST_TIMEOUT_MS = 120_000;

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 860 };

export interface PageOptions {
  path?: string;
  viewport?: { width: number; height: number };
  theme?: 'light' | 'dark';
  /** Of the browser: Accept-Language and navigator.languages. */
  language?: string;
  /** Signed in with this key; null: not signed in. The server's own unless told. */
  key?: string | null;
  /** Pixels of a picture for one of the page. */
  deviceScaleFactor?: number;
}

export interface WebApp {
  readonly server: TestServer;
  readonly browser: Browser;
  /** A page of a browser that knows nothing yet, signed in, at `path`. `await using` closes it, and fails where it told of mistakes. */
  open(options?: PageOptions): Promise<OpenPage>;
}

export interface OpenPage extends AsyncDisposable {
  page: Page;
  context: BrowserContext;
  /** Console errors, exceptions, breaches of the page's policy, and requests to other hosts, so far. */
  mistakes: string[];
  /** Mistakes that the test provokes, such as an answer 404: they are not told. */
  allow(pattern: RegExp): void;
}

/** To be called at the top of a test file: its tests share one server and one browser. */
export function startWebApp(env: Record<string, string> = {}): WebApp {
  let server: TestServer;
  let browser: Browser;
  vi.setConfig({ testTimeout: TEST_TIMEOUT_MS });
  beforeAll(async () => {
    await builtWeb();
    [server, browser] = await Promise.all([startTestServer(env), launchBrowser()]);
  }, SETUP_TIMEOUT_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return server;
    },
    get browser() {
      return browser;
    },
    open: (options) => openPage(browser, server, options),
  };
}

/** Debian's chromium. @throws when there is none and it cannot be had. */
export async function launchBrowser(): Promise<Browser> {
  const missing = await missingChromium();
  if (missing) throw new Error(`The web app is tested in a browser: ${missing}`);
  return chromium.launch({
    executablePath: (await run('which', ['chromium'])).stdout.trim(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** Opens a page as `startWebApp().open` does, in any browser and against any server. */
export async function openPage(
  browser: Browser,
  server: Pick<TestServer, 'url' | 'key'>,
  options: PageOptions = {},
): Promise<OpenPage> {
  const { path = '/', viewport = DESKTOP, theme = 'light', language = 'en-US', key = server.key } = options;
  const context = await browser.newContext({
    baseURL: server.url,
    viewport,
    colorScheme: theme,
    locale: language,
    timezoneId: 'UTC',
    deviceScaleFactor: options.deviceScaleFactor ?? 1,
    // Nothing to wait for; and what is in motion has other colours than what has arrived.
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  const mistakes: string[] = [];
  const allowed: RegExp[] = [];
  // Breaches of the content security policy are told here as well.
  context.on('console', (message) => {
    if (message.type() === 'error') mistakes.push(`console: ${message.text()} ${message.location().url}`);
  });
  context.on('weberror', (error) => mistakes.push(`exception: ${error.error().stack}`));
  context.on('request', (request) => {
    if (!/^(?:data|blob|about):/.test(request.url()) && new URL(request.url()).origin !== server.url)
      mistakes.push(`request to another host: ${request.url()}`);
  });
  if (key !== null) await signIn(context, server.url, key);
  const page = await context.newPage();
  await page.goto(path);
  return {
    page,
    context,
    mistakes,
    allow: (pattern) => void allowed.push(pattern),
    async [Symbol.asyncDispose]() {
      await context.close();
      expect(mistakes.filter((mistake) => !allowed.some((pattern) => pattern.test(mistake)))).toEqual([]);
    },
  };
}

/** Signs this browser in to one account more. @throws when that is refused. */
export async function signIn(context: BrowserContext, url: string, key: string): Promise<void> {
  const answer = await context.request.post('/v1/session', {
    data: { api_key: key },
    headers: { origin: url },
  });
  if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`);
}
