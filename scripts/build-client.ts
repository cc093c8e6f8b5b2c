/**
 * Builds the client and the provider of the AI SDK as plain JavaScript with types, and makes the folder a package of its own: `npm pack
 * ./dist` is a `darkroom` that has these and no server. Into dist/, or into the folder that is given.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? join(root, 'dist'));

const rooms = Object.keys(packageJson.exports).map((path) => path.replace('./', ''));
for (const room of rooms) rmSync(join(folder, room), { recursive: true, force: true });
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const parameters = [tsc, '-p', join(root, 'tsconfig.client.json'), '--outDir', folder];
const { status } = spawnSync(process.execPath, parameters, { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const { name, version, license, engines, dependencies } = packageJson;
const exported = JSON.stringify(packageJson.exports).replaceAll('./dist/', './');
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'package.json'),
  `${JSON.stringify(
    {
      name,
      version,
      description: 'The client of Darkroom, a self-hosted Model API.',
      license,
      type: 'module',
      engines,
      sideEffects: false,
      exports: JSON.parse(exported),
      files: rooms,
      // Of the provider alone: who uses the client needs nothing.
      peerDependencies: { '@ai-sdk/provider': `^${dependencies['@ai-sdk/provider']}` },
      peerDependenciesMeta: { '@ai-sdk/provider': { optional: true } },
    },
    null,
    2,
  )}\n`,
);
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
const page = readFileSync(join(root, 'docs', 'sdk.md'), 'utf8');
// The other pages are not there.
writeFileSync(join(folder, 'README.md'), page.replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1'));
