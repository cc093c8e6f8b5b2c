/**
 * The web app: its pages are one HTML file whose script shows the right one, its other files are named by their content and never
 * change. Made by `npm run build:web` from src/web.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { parseCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { chooseLanguage } from '../catalog/choose-language.ts';
import type { ApiContext } from './context.ts';
import { buildingPage, readWebPage } from './web-page.ts';
import { createWebPolicy } from './web-policy.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The addresses of src/web/routes.tsx. */
const PAGES = [
  '/',
  '/sign-in',
  '/models/*',
  '/generations',
  '/generations/:id',
  '/keys',
  '/usage',
  '/webhooks',
  '/system',
];
/** Nobody opens these in a browser but to see an answer of the API. */
const ANSWERED_AS_API =
  /^\/(?:v1|files|assets|docs|reference|openapi\.json|health|ready|metrics|link|mcp)(?:[/?]|$)/;

export async function webApp(app: FastifyInstance, { config, store }: ApiContext): Promise<void> {
  const policy = createWebPolicy(config, store);
  await app.register(fastifyStatic, {
    root: `${DIST}web/assets`,
    prefix: '/assets/',
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
    dotfiles: 'ignore',
    index: false,
    decorateReply: false,
    // It may not be built yet.
    suppressWarning: true,
    setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
  });

  const sendPage = async (request: FastifyRequest, reply: FastifyReply, status = 200): Promise<string> => {
    const page = await readWebPage(DIST);
    const nonce = randomBytes(16).toString('base64');
    reply
      .code(page === undefined ? 503 : status)
      .type('text/html; charset=utf-8')
      .headers({ ...HEADERS, 'content-security-policy': await policy(nonce) });
    const { darkroom_language, darkroom_theme = '' } = parseCookie(request.headers.cookie ?? '');
    const language = chooseLanguage(request.headers['accept-language'], darkroom_language);
    const theme = ['light', 'dark'].includes(darkroom_theme) ? darkroom_theme : 'system';
    return (page ?? (await buildingPage(DIST)))
      .replace(AS_BUILT, `<html lang="${language}" data-theme="${theme}">`)
      .replaceAll('%nonce%', nonce);
  };

  for (const url of PAGES)
    app.get(url, { schema: { hide: true } }, (request, reply) => sendPage(request, reply));
  // An address that nothing is at: to a person the app says so, to a program the API.
  app.get('/*', { schema: { hide: true } }, (request, reply) => {
    const wantsPage = request.headers.accept?.includes('text/html') && !ANSWERED_AS_API.test(request.url);
    if (wantsPage) return sendPage(request, reply, 404);
    return reply.callNotFound();
  });
}

/** Of src/web/index.html. */
const AS_BUILT = '<html lang="en" data-theme="system">';

const HEADERS = {
  // Another answer when the app is built anew, the language chosen, the theme: and each with a nonce of its own.
  'cache-control': 'no-cache, private',
  vary: 'Accept-Language, Cookie',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), payment=(), usb=()',
};
