/** `/mcp` of the server itself. Its tools call the server as any client does, so that keys, limits and budgets are those of the API. */
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import { mcpEndpoint } from './http-endpoint.ts';
import type { OwnConnections } from './own-connections.ts';

export interface OwnEndpointOptions {
  version: string;
  /** Where this process listens, once it does. */
  address(): string;
  /** How the caller reaches this server. */
  baseUrlOf(request: FastifyRequest): string;
  /** Origins whose pages may call; `*` for all. */
  origins: readonly string[];
  /** Of the route: what a key must be allowed to do. */
  config: FastifyContextConfig;
}

/** Below the minute after which many clients give a call up. */
const WAIT_SECONDS = 50;

export function ownMcpEndpoint(app: FastifyInstance, options: OwnEndpointOptions): void {
  const { version, address, baseUrlOf, origins, config } = options;
  let opened: Promise<OwnConnections> | undefined;
  // Loaded with the first call: most servers never get one.
  const open = () =>
    (opened ??= import('./own-connections.ts').then(({ openOwnConnections }) => openOwnConnections(address)));
  app.addHook('onClose', async () => (await opened)?.close());
  mcpEndpoint(app, {
    version,
    config,
    waitSeconds: WAIT_SECONDS,
    reach(request) {
      const baseUrl = baseUrlOf(request);
      return { baseUrl, fetch: async (target, init) => (await open()).fetch(baseUrl, target, init) };
    },
    refuse(request) {
      const { origin } = request.headers;
      const mayCall =
        origin === undefined ||
        [...origins, new URL(baseUrlOf(request)).origin].some((known) => known === '*' || known === origin);
      return mayCall ? undefined : 'This Origin is not allowed: see DARKROOM_CORS_ORIGINS.';
    },
  });
}
