/** Puts the checkout's packages into ./node_modules as `npm ci --omit=dev` would: those that the lock file has not for developers alone. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  packages: Record<string, { dev?: boolean }>;
}

const checkout = process.argv[2]!;
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Locked;
const paths = Object.entries(packages)
  // Packages inside of others come with those.
  .filter(([path, { dev }]) => !dev && path.split('node_modules/').length === 2)
  .map(([path]) => path)
  .filter((path) => existsSync(join(checkout, path)))
  // Without install scripts, the package `node` has none.
  .map((path) => (path === 'node_modules/node' ? `${path}/package.json` : path));
const { status } = spawnSync('cp', ['-a', '--parents', ...paths, process.cwd()], {
  cwd: checkout,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
