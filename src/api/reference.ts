/** /reference: the description as a page. */
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from './context.ts';

/** Nothing of the page comes from another host, and nothing of it may. */
export async function referencePage(app: FastifyInstance, { config }: ApiContext): Promise<void> {
  const { default: reference } = await import('@scalar/fastify-api-reference');
  const policy = contentSecurityPolicy(config.publicUrl);
  await app.register(reference, {
    routePrefix: '/reference',
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
