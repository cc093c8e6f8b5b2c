/** /reference: the description as a page. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Config } from '../config/config.ts';
import type { ApiContext } from './context.ts';

const PREFIX = '/reference';

/** What makes the page is several megabytes of script, of which most processes never need a line: it is loaded with the first call. */
export function referencePage(app: FastifyInstance, { config }: ApiContext): void {
  let pages: Promise<FastifyInstance> | undefined;
  for (const path of [PREFIX, `${PREFIX}/`, `${PREFIX}/js/scalar.js`])
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      pages ??= createPages(config).catch((error) => {
        pages = undefined;
        throw error;
      });
      const { routing } = await pages;
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value!);
      routing(request.raw, reply.raw);
    });
  app.addHook('onClose', async () => {
    await (await pages)?.close();
  });
}

/** Nothing of the page comes from another host, and nothing of it may. */
async function createPages(config: Config): Promise<FastifyInstance> {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  const policy = contentSecurityPolicy(config.publicUrl);
  const pages = Fastify();
  await pages.register(reference, {
    routePrefix: PREFIX,
    hooks: {
      onRequest: (_request, reply, done) => {
        reply.header('content-security-policy', policy).header('x-content-type-options', 'nosniff');
        done();
      },
    },
    configuration: {
      url: '../openapi.json',
      pageTitle: 'Darkroom API',
      withDefaultFonts: false,
      telemetry: false,
      showDeveloperTools: 'never',
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
    } as never,
  });
  await pages.ready();
  return pages;
}

/** Whoever opens the page under another name of ours still tries the API at its public one. */
function contentSecurityPolicy(publicUrl: string | undefined): string {
  const ours = ["'self'", ...(publicUrl ? [new URL(publicUrl).origin] : [])].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    `img-src ${ours} data: blob:`,
    "font-src 'self' data:",
    `connect-src ${ours}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
