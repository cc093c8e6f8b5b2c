/** Debian's chromium, for what only a browser can tell. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { missingProgram } from './debian-package.ts';

/** Makes sure that there is one. @returns why there is none, or undefined. */
export const missingChromium = (): Promise<string | undefined> => missingProgram('chromium');

export interface RenderedPage {
  /** The document as it is once scripts have run, as HTML. */
  dom: string;
  /** What the page logged: mistakes in scripts, and what its own policy has forbidden. */
  messages: string[];
  /** Every URL that the page asked for, itself first. */
  requested: string[];
}

/** The page at `url` as a browser renders it, with no network but loopback. */
export async function renderPage(url: string): Promise<RenderedPage> {
  const profile = await mkdtemp(join(tmpdir(), 'darkroom-chromium-'));
  const netLog = join(profile, 'net-log.json');
  try {
    const { stdout, stderr } = await run('chromium', [
      '--headless',
      '--dump-dom',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--enable-logging=stderr',
      `--log-net-log=${netLog}`,
      `--user-data-dir=${profile}`,
      // Wide enough for the list at its side.
      '--window-size=1280,3000',
      '--virtual-time-budget=8000',
      url,
    ]);
    return {
      dom: stdout,
      messages: stderr.split('\n').filter((line) => line.includes(':CONSOLE')),
      requested: requestedBy(new URL(url).origin, await readFile(netLog, 'utf8')),
    };
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a browser asks for by itself, such as updates, has no page as its initiator. */
function requestedBy(origin: string, netLog: string): string[] {
  const { events } = JSON.parse(netLog) as { events: { params?: { url?: string; initiator?: string } }[] };
  const urls = events
    .filter(({ params }) => params?.url && (params.initiator === origin || params.url.startsWith(origin)))
    .map(({ params }) => params!.url!);
  return [...new Set(urls)];
}
