#!/usr/bin/env node
// Starts the command line on the Node that this package pins, whatever the machine's own is.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stripTypes = new URL('./strip-types.js', import.meta.url).href;
const pinned = join(
  dirname(createRequire(import.meta.url).resolve('node/package.json')),
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const isInstalled = root.split(sep).includes('node_modules');
const child = spawn(
  existsSync(pinned) ? pinned : process.execPath,
  [
    ...(isInstalled ? ['--disable-warning=ExperimentalWarning', '--import', stripTypes] : []),
    join(root, 'src', 'main.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
