/** `npm run build:web`: builds the web app into dist/web. With --if-stale, only where that is older than its sources. */
import { buildWeb } from './web-build.ts';

// Whoever calls: the app is never built with the libraries' own checks for developers.
process.env.NODE_ENV = 'production';
const startedAt = performance.now();
try {
  if (await buildWeb({ ifStale: process.argv.includes('--if-stale') }))
    console.log(`The web app is built (${((performance.now() - startedAt) / 1000).toFixed(1)} s).`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const why =
    code === 'ERR_MODULE_NOT_FOUND'
      ? 'what builds it is not installed: run npm ci without --omit=dev'
      : message;
  console.error(`The web app could not be built; the API works without it: ${why}`);
  process.exitCode = 1;
}
