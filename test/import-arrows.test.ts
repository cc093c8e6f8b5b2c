/** The rooms of ARCHITECTURE.md: which may import from which. Read from the import lines, so that it stays true. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** What the runner and its backends agree on, and what every failure is called: known to both, knowing neither. */
const CONTRACT = 'backends/backend.ts';
const SHARED = ['errors.ts', 'lib'];

/** From where to where. Who is not named here may see everything: they put it all together. */
const ARROWS: Record<string, readonly string[]> = {
  lib: [],
  'errors.ts': [],
  [CONTRACT]: ['lib'],
  config: ['lib'],
  'version.ts': [],
  'log.ts': ['config'],
  tracing: ['config'],
  db: ['config', 'lib'],
  'shared-metrics.ts': ['webhooks', 'requests', 'files', 'db'],
  'metrics.ts': ['shared-metrics.ts', 'backends', 'db'],
  files: ['db', ...SHARED],
  catalog: [...SHARED],
  accounts: ['db', ...SHARED],
  backends: [CONTRACT, 'files', 'catalog', ...SHARED],
  requests: ['accounts', CONTRACT, 'backends', 'catalog', 'files', 'db', 'tracing', ...SHARED],
  webhooks: ['requests', 'files', 'db', 'config', 'tracing', ...SHARED],
  background: ['requests', 'accounts', 'webhooks', 'files', 'db', ...SHARED],
  pages: ['catalog'],
  api: [
    'pages',
    'webhooks',
    'requests',
    'accounts',
    'catalog',
    'files',
    'backends',
    'db',
    'config',
    'metrics.ts',
    'tracing',
    'version.ts',
    ...SHARED,
  ],
  client: [],
  web: ['client'],
  'ai-sdk': ['client'],
  mcp: ['client'],
};
const BUILDERS = ['app.ts', 'main.ts', 'cli', 'configure-backends.ts', 'configure-store.ts'];

interface Import {
  /** Paths below src. */
  from: string;
  to: string;
  /** Only types: gone when it runs. */
  isType: boolean;
}

const FROM = /\b(?:import|export)\s+(type\s+)?([\w*${},\s]*?)\s*from\s+'([^']+)'/g;
const BARE = /\bimport\s*\(?\s*'([^']+)'/g;

function importsOf(file: string): { target: string; isType: boolean }[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const named = [...text.matchAll(FROM)].map(([, type, names, target]) => ({
    target: target!,
    isType: type !== undefined || isOnlyTypes(names!),
  }));
  const bare = [...text.matchAll(BARE)].map(([, target]) => ({ target: target!, isType: false }));
  return [...named, ...bare];
}

function isOnlyTypes(names: string): boolean {
  const list = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  const items = list
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items !== undefined && items.length > 0 && items.every((item) => item.startsWith('type '));
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|-testing\.ts$/.test(file))
  .sort();
const packages = new Map<string, string[]>();
const imports: Import[] = files.flatMap((from) =>
  importsOf(from).flatMap(({ target, isType }) => {
    if (target.startsWith('.'))
      return [{ from, to: relative(SRC, join(SRC, dirname(from), target)), isType }];
    packages.set(from, [...(packages.get(from) ?? []), target]);
    return [];
  }),
);

const roomOf = (file: string): string => (file === CONTRACT ? CONTRACT : file.split('/')[0]!);
const shown = ({ from, to }: Import): string => `${from} → ${to}`;

/** Every file that `file` leads to by `lines`. */
function reachableFrom(
  file: string,
  lines: readonly Import[] = imports,
  seen = new Set<string>(),
): Set<string> {
  for (const { from, to } of lines) {
    if (from !== file || seen.has(to)) continue;
    seen.add(to);
    reachableFrom(to, lines, seen);
  }
  return seen;
}

test('the lines are read: there are many, and all lead to a file', () => {
  expect(imports.length).toBeGreaterThan(200);
  const outside = imports.filter(({ to }) => !files.includes(to));
  expect(outside.map(({ to }) => to)).toEqual(['../package.json']);
});

test('every room has its place', () => {
  const rooms = new Set(files.map(roomOf));
  expect([...rooms].filter((room) => !(room in ARROWS) && !BUILDERS.includes(room))).toEqual([]);
});

test('every import goes along an arrow', () => {
  const wrong = imports.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === other || BUILDERS.includes(room) || to === '../package.json') return false;
    return !ARROWS[room]?.includes(other);
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('the arrows make no circle of rooms', () => {
  const leadsTo = (room: string, seen = new Set<string>()): Set<string> => {
    for (const next of ARROWS[room] ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      leadsTo(next, seen);
    }
    return seen;
  };
  expect(Object.keys(ARROWS).filter((room) => leadsTo(room).has(room))).toEqual([]);
});

test('no file leads back to itself when it runs', () => {
  const running = imports.filter(({ isType }) => !isType);
  expect(files.filter((file) => reachableFrom(file, running).has(file))).toEqual([]);
});

test('a backend never sees the database, accounts, requests or the API, not even through others', () => {
  const seen = files
    .filter((file) => roomOf(file) === 'backends')
    .flatMap((file) => [...reachableFrom(file)].map((to) => ({ from: file, to, isType: false })))
    .filter(({ to }) => ['db', 'accounts', 'requests', 'api', 'config'].includes(roomOf(to)));
  expect(seen.map(shown)).toEqual([]);
});

test('the API knows backends by type alone: it never runs one', () => {
  const wrong = imports.filter(
    ({ from, to, isType }) => roomOf(from) === 'api' && roomOf(to) === 'backends' && !isType,
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('nobody imports what puts it all together', () => {
  const wrong = imports.filter(
    ({ from, to }) => BUILDERS.includes(roomOf(to)) && !BUILDERS.includes(roomOf(from)),
  );
  expect(wrong.map(shown)).toEqual([]);
});

test('the client takes nothing from outside itself, not even a package', () => {
  const own = files.filter((file) => roomOf(file) === 'client');
  expect(own.flatMap((file) => packages.get(file) ?? [])).toEqual([]);
});
