/** `/mcp`: the MCP server over HTTP, for everybody who has a key. */
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Darkroom, type DarkroomOptions } from '../client/index.ts';
import { readOptions } from '../client/options.ts';
import { Undelivered } from '../client/undelivered.ts';
import { createSessions, hashOf, type Session, type SessionLimits } from './http-sessions.ts';

export interface McpEndpointOptions {
  version: string;
  waitSeconds: number;
  /** How the calls of a client's session get to the server. */
  reach(request: FastifyRequest): Omit<DarkroomOptions, 'apiKey'>;
  /** @returns why a call may not come from where it comes from. */
  refuse(request: FastifyRequest): string | undefined;
  /** @returns an HTTP status and words when the key of a new session is no good. Absent where every call is checked already. */
  checkKey?(darkroom: Darkroom): Promise<{ status: number; message: string } | undefined>;
  limits?: Partial<SessionLimits>;
  /** Of the route. */
  config?: FastifyContextConfig;
}

const LIMITS: SessionLimits = { max: 1000, maxPerKey: 32, idleMs: 30 * 60_000 };

/** Error codes of JSON-RPC, of which MCP itself names the second. */
const REFUSED = -32000;
const NO_SESSION = -32001;

const NO_KEY = 'Send an API key of the Darkroom server: Authorization: Bearer dk_…';
const TOO_MANY = 'There are too many sessions. End one, or try again later.';

export function mcpEndpoint(app: FastifyInstance, options: McpEndpointOptions): void {
  const sessions = createSessions({ ...LIMITS, ...options.limits });
  const undelivered = new Undelivered();
  // Streams that stay open would keep the server from closing.
  app.addHook('preClose', () => sessions[Symbol.asyncDispose]());

  function begin(request: FastifyRequest, key: string): Promise<Session | undefined> {
    const reach = options.reach(request);
    return sessions.begin(key, async () => {
      const { createMcpServer } = await import('./server.ts');
      return createMcpServer(
        {
          darkroom: new Darkroom({ ...reach, apiKey: key }),
          isDarkroom: readOptions(reach).isDarkroom,
          fetch: reach.fetch ?? fetch,
          localFiles: undefined,
          waitSeconds: options.waitSeconds,
          undelivered,
          caller: hashOf(key).toString('hex'),
        },
        options.version,
      );
    });
  }

  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    schema: { hide: true },
    config: options.config ?? {},
    // Before a body is read, which strangers could make long.
    async onRequest(request, reply) {
      const reason = options.refuse(request);
      if (reason !== undefined) return refuse(reply, 403, REFUSED, reason);
      const key = keyOf(request);
      if (key === undefined) return refuse(reply, 401, REFUSED, NO_KEY);
      const id = request.headers['mcp-session-id'];
      if (typeof id === 'string') {
        if (!sessions.find(id, key)) return refuse(reply, 404, NO_SESSION, 'Session not found');
      } else if (request.method !== 'POST') {
        return refuse(reply, 400, REFUSED, 'Mcp-Session-Id is missing. A session begins with initialize.');
      } else {
        const problem = await options.checkKey?.(new Darkroom({ ...options.reach(request), apiKey: key }));
        if (problem) return refuse(reply, problem.status, REFUSED, problem.message);
      }
    },
    async handler(request, reply) {
      const key = keyOf(request)!;
      const id = request.headers['mcp-session-id'];
      if (typeof id === 'string') {
        const session = sessions.find(id, key);
        return session
          ? answer(session, request, reply)
          : refuse(reply, 404, NO_SESSION, 'Session not found');
      }
      const session = await begin(request, key);
      return session ? answer(session, request, reply) : refuse(reply, 429, REFUSED, TOO_MANY);
    },
  });
}

/** Hands the call over to the session's transport, which answers it by itself. */
async function answer(session: Session, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  session.open += 1;
  reply.raw.once('close', () => {
    session.open -= 1;
    session.usedAtMs = Date.now();
  });
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value);
  await session.transport.handleRequest(request.raw, reply.raw, request.body ?? null);
  return reply;
}

const keyOf = ({ headers }: FastifyRequest): string | undefined =>
  /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? '')?.[1];

/** An error as MCP has it, of no message in particular. */
function refuse(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send({ jsonrpc: '2.0', error: { code, message }, id: null });
}
