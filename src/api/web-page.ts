/** The web app's one HTML file, and what is shown while there is none. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '../lib/is-alive.ts';

let kept: { file: string; changedMs: number; text: string } | undefined;

/** As it was built, read again when it was built anew; undefined when it was not yet. */
export async function readWebPage(dist: string): Promise<string | undefined> {
  const file = join(dist, 'web', 'index.html');
  const changedMs = await stat(file).then(({ mtimeMs }) => mtimeMs, missing);
  if (changedMs === undefined) return undefined;
  if (kept?.file !== file || kept.changedMs !== changedMs) {
    const text = await readFile(file, 'utf8').catch(missing);
    if (text === undefined) return undefined;
    kept = { file, changedMs, text };
  }
  return kept.text;
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Comes back by itself while somebody builds (scripts/web-build.ts); otherwise says how to. */
export async function buildingPage(dist: string): Promise<string> {
  const builder = Number(await readFile(join(dist, 'web-is-being-built'), 'utf8').catch(missing));
  const isBeingBuilt = builder > 0 && isAlive(builder);
  const [title, text] = isBeingBuilt
    ? ['Developing…', 'The web app is being built. This takes a few seconds, once; the page comes by itself.']
    : [
        'The web app is not built',
        'Run <code>npm run build:web</code> where Darkroom is installed. The API works without it.',
      ];
  return `<!doctype html>
<html lang="en" data-theme="system">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${isBeingBuilt ? '<meta http-equiv="refresh" content="1">' : ''}
<title>${title} · Darkroom</title>
<style nonce="%nonce%">
:root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif; background: light-dark(#fbfaf9, #120f0d); color: light-dark(#251d18, #f1ece8) }
body { display: grid; place-items: center; min-height: 92vh; margin: 0 }
main { max-width: 26rem; padding: 1.5rem; text-align: center }
h1 { font-size: 1.4rem }
</style>
<main>
<h1>${title}</h1>
<p>${text}</p>
<p><a href="/reference/">API reference</a></p>
</main>
`;
}
