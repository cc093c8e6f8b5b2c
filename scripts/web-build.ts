/** Building the web app, and knowing when it has to be. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { isAlive } from '../src/lib/is-alive.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DIST = join(ROOT, 'dist');
const BUILT = join(DIST, 'web');
/** Inside the build: of what it was made. */
const STAMP = 'built-from.txt';
/** While it is there, somebody builds; the server tells so to who opens a page. Its text is the builder's process id. */
const BUILDING = join(DIST, 'web-is-being-built');

const SOURCES = ['src/web', 'src/client'];
const SETTINGS = ['vite.config.ts', 'package-lock.json'];
const COMPRESSED = new Set(['.js', '.css', '.svg', '.json']);
/** Smaller ones fit into one packet as they are. */
const COMPRESSED_FROM_BYTES = 1024;

/** Builds the app into dist/web, with `ifStale` only where what is there was made of something else. @returns whether it did. */
export async function buildWeb({ ifStale = false } = {}): Promise<boolean> {
  await mkdir(DIST, { recursive: true });
  await waitForTurn();
  try {
    const sources = await hashOfSources();
    if (ifStale && (await readFile(join(BUILT, STAMP), 'utf8').catch(() => '')) === sources) return false;
    await build(sources);
    return true;
  } finally {
    await rm(BUILDING, { force: true });
  }
}

/** Beside the old one, which makes way at the end, so that a server always has a whole one. */
async function build(sources: string): Promise<void> {
  const [fresh, old] = [join(DIST, 'web-new'), join(DIST, 'web-old')];
  const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });
  await Promise.all([fresh, old].map(remove));
  const { build: viteBuild } = await import('vite');
  await viteBuild({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn', build: { outDir: fresh } });
  await compress(fresh);
  await writeFile(join(fresh, STAMP), sources);
  await rename(BUILT, old).catch(ignoreMissing);
  await rename(fresh, BUILT);
  await remove(old);
}

async function hashOfSources(): Promise<string> {
  const below = await Promise.all(
    SOURCES.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name)),
    ),
  );
  const hash = createHash('sha256');
  for (const file of [...below.flat().sort(), ...SETTINGS.map((name) => join(ROOT, name))])
    hash.update(file.slice(ROOT.length)).update(await readFile(file));
  return hash.digest('hex');
}

/** Once, as small as it gets, rather than for each who asks. */
async function compress(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    files
      .filter((entry) => entry.isFile() && COMPRESSED.has(extname(entry.name)))
      .map(async ({ parentPath, name }) => {
        const file = join(parentPath, name);
        const content = await readFile(file);
        if (content.length < COMPRESSED_FROM_BYTES) return;
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
        await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }));
        await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
      }),
  );
}

const LOOK_AGAIN_MS = 100;

/** One builds at a time: a second one waits, and then may find that there is nothing left to do. */
async function waitForTurn(): Promise<void> {
  for (;;) {
    try {
      return await writeFile(BUILDING, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const builder = Number(await readFile(BUILDING, 'utf8').catch(() => ''));
    // Killed before it could tidy up.
    if (builder > 0 && !isAlive(builder)) await rm(BUILDING, { force: true });
    else await setTimeout(LOOK_AGAIN_MS);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
