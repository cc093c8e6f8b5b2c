/** `darkroom mcp --http`: the endpoint in a process of its own, before a server that may be elsewhere. */
import cors from '@fastify/cors';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { AuthenticationError, type Darkroom, DarkroomError } from '../client/index.ts';
import { mcpEndpoint } from './http-endpoint.ts';

export interface HttpOptions {
  version: string;
  waitSeconds: number;
  /** The Darkroom that is called. */
  baseUrl: string;
  host: string;
  /** Names, other than this machine's own, that clients may call it by. */
  allowHosts: readonly string[];
  /** Origins whose pages may call it. */
  allowOrigins: readonly string[];
}

/** As the API takes it. */
const BODY_LIMIT_BYTES = 64 * 2 ** 20;
/** For a whole call to arrive. */
const REQUEST_TIMEOUT_MS = 300_000;

/** A server that is not listening yet. */
export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { version, waitSeconds, baseUrl, allowOrigins } = options;
  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  if (allowOrigins.length > 0)
    await app.register(cors, {
      origin: [...allowOrigins],
      methods: ['GET', 'POST', 'DELETE'],
      exposedHeaders: ['Mcp-Session-Id', 'WWW-Authenticate'],
    });
  mcpEndpoint(app, {
    version,
    waitSeconds,
    reach: () => ({ baseUrl }),
    refuse: (request) => refusal(request, options),
    checkKey,
  });
  return app;
}

/** A page that somebody visits must not reach it, neither from its own origin nor by a name that leads here. */
function refusal(
  { headers }: FastifyRequest,
  { host, allowHosts, allowOrigins }: HttpOptions,
): string | undefined {
  const name = hostName(headers.host);
  const known = ['localhost', '127.0.0.1', '[::1]', host, `[${host}]`, ...allowHosts];
  if (name === undefined || !known.some((other) => other.toLowerCase() === name))
    return 'This Host is not allowed. Whoever runs the server can allow it with --allow-host.';
  if (headers.origin !== undefined && !allowOrigins.includes(headers.origin))
    return 'This Origin is not allowed. Whoever runs the server can allow it with --allow-origin.';
  return undefined;
}

const hostName = (header: string | undefined): string | undefined =>
  /^(\[[0-9a-f:.]+\]|[^:\s/]+)(?::\d+)?$/i.exec(header ?? '')?.[1]?.toLowerCase();

/** Once for each session: later calls are checked where they go. */
async function checkKey(darkroom: Darkroom): Promise<{ status: number; message: string } | undefined> {
  try {
    await darkroom.account();
    return undefined;
  } catch (error) {
    if (!(error instanceof DarkroomError)) throw error;
    return { status: error instanceof AuthenticationError ? 401 : 502, message: error.message };
  }
}
