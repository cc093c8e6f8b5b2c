/** `/docs/models`: pages about calling the models, for people, readable without JavaScript. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { catalogueEntry } from '../catalog/catalogue-entry.ts';
import { chooseLanguage } from '../catalog/choose-language.ts';
import { LANGUAGES, type Language, type Model } from '../catalog/model.ts';
import { errors } from '../errors.ts';
import { frame } from '../pages/frame.ts';
import { modelPage } from '../pages/model-page.ts';
import { modelsPage } from '../pages/models-page.ts';
import { pageTexts } from '../pages/texts.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';

/** Everything on them is text and two files of ours. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const LANGUAGE_COOKIE = 'darkroom_language';
const YEAR_S = 365 * 24 * 3600;

export async function modelPages(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { catalog, backends, config } = context;
  const style = await asset('css', 'text/css; charset=utf-8', await stylesheet());
  const script = await asset('js', 'text/javascript; charset=utf-8', await source('copy.js'));

  app.get<{ Querystring: { lang?: string } }>(
    '/docs/models',
    { schema: { hide: true } },
    (request, reply) => {
      const language = languageOf(request, reply);
      const t = pageTexts[language];
      const entries = catalog.models.map((model) => entryOf(model, language, request));
      const head = { language, title: t.allModels, description: t.allModelsText, path: '/docs/models' };
      return send(request, reply, head, modelsPage(entries, language));
    },
  );
  app.get<{ Params: { '*': string }; Querystring: { lang?: string } }>(
    '/docs/models/*',
    { schema: { hide: true } },
    (request, reply) => {
      const model = catalog.find(request.params['*']);
      if (!model) throw errors.notFound(`There is no model ${request.params['*']}.`);
      const path = `/docs/models/${model.id}`;
      const { search } = new URL(request.url, 'http://localhost');
      if (request.params['*'] !== model.id) return reply.redirect(path + search, 301);
      const language = languageOf(request, reply);
      const entry = entryOf(model, language, request);
      const content = modelPage({ model, entry, language, baseUrl: baseUrlOf(config, request) });
      const head = { language, title: entry.display_name, description: entry.description, path };
      return send(request, reply, head, content);
    },
  );
  app.get('/docs', { schema: { hide: true } }, (_request, reply) => reply.redirect('/docs/models'));

  const entryOf = (model: Model, language: Language, request: FastifyRequest) =>
    catalogueEntry(model, language, {
      available: backends.candidates(model).length > 0,
      baseUrl: baseUrlOf(config, request),
      includeSchema: true,
    });

  function send(
    request: FastifyRequest,
    reply: FastifyReply,
    head: { language: Language; title: string; description: string; path: string },
    content: Parameters<typeof frame>[1],
  ): string {
    const { darkroom_theme } = parseCookie(request.headers.cookie ?? '');
    const theme = darkroom_theme === 'light' || darkroom_theme === 'dark' ? darkroom_theme : 'system';
    reply.type('text/html; charset=utf-8').headers({
      'content-security-policy': POLICY,
      'content-language': head.language,
      'cache-control': 'no-cache',
      vary: 'Accept-Language, Cookie',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
    return frame({ ...head, theme, styleUrl: style, scriptUrl: script }, content);
  }

  /** Named by its content, so that it is kept for ever. @returns its URL. */
  async function asset(extension: string, type: string, text: string): Promise<string> {
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 12);
    const url = `/docs/assets/${name}.${extension}`;
    app.get(url, { schema: { hide: true } }, (_request, reply) =>
      reply
        .type(type)
        .headers({
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
        })
        .send(text),
    );
    return url;
  }
}

/** As chosen here or in the app, which keep the choice in the same place; else as the browser asks. */
function languageOf(
  request: FastifyRequest<{ Querystring: { lang?: string } }>,
  reply: FastifyReply,
): Language {
  const chosen = LANGUAGES.find((language) => language === request.query.lang);
  if (chosen)
    reply.header('set-cookie', `${LANGUAGE_COOKIE}=${chosen}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`);
  const kept = parseCookie(request.headers.cookie ?? '')[LANGUAGE_COOKIE];
  return chooseLanguage(request.headers['accept-language'], request.query.lang ?? kept);
}

const source = (path: string): Promise<string> =>
  readFile(new URL(`../pages/${path}`, import.meta.url), 'utf8');

/** With the colours of the app, which has each of them once. */
async function stylesheet(): Promise<string> {
  const tokens = await source('../web/styles/tokens.css');
  const colours = [...tokens.matchAll(/--color-[\w-]+: [^;]+;/g)].map(([colour]) => colour);
  return `:root{${colours.join('')}}\n${await source('pages.css')}`;
}
