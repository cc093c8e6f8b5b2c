/** How the web app is built, and how it is served to who works on it. */
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('src/web/', import.meta.url));

/** Where `npm run dev` listens; `DARKROOM_BASE_URL` is what every client of ours looks at. */
const api = process.env.DARKROOM_BASE_URL ?? 'http://localhost:8080';
const SERVED_BY_THE_API = [
  '/v1',
  '/files',
  '/openapi.json',
  '/reference',
  '/link',
  '/docs',
  '/health',
  '/ready',
];

export default defineConfig({
  root,
  plugins: [react(), tailwindcss()],
  // Replaced in each answer by src/api/web-app.ts.
  html: { cspNonce: '%nonce%' },
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: true,
    target: ['chrome123', 'safari17.5', 'firefox120'],
    // A picture in the script would be loaded by who never sees it.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Changes only with the dependencies: after an update of ours it is still in the browser's cache.
            {
              name: 'vendor',
              test: /node_modules\/(?:react|react-dom|scheduler|react-i18next|i18next|@tanstack)\//,
            },
            // What every page needs, in one file rather than in a dozen.
            {
              name: 'shell',
              test: /src\/(?:client|web\/(?:lib|session|layout\/(?:page|nav-\w+|logo)|components\/(?:button|states|toast-store)))\b/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(SERVED_BY_THE_API.map((path) => [path, { target: api }])) },
});
