/**
 * `npm start` in a checkout: `darkroom serve`, with the web app built beside it where its sources have changed. The API does not wait
 * for that.
 */
import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const build = spawn(process.execPath, [file('build-web.ts'), '--if-stale'], {
  stdio: ['ignore', 'inherit', 'inherit'],
});
// The server's own start comes first.
if (build.pid !== undefined) setPriority(build.pid, constants.priority.PRIORITY_LOW);

process.argv = [process.execPath, file('../src/main.ts'), 'serve', ...process.argv.slice(2)];
await import('../src/main.ts');
