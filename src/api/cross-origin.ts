/** Which pages of other origins may call, and which headers of the answers their scripts may read. */
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

const EXPOSED_HEADERS = [
  'X-Request-Id',
  'ETag',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Idempotency-Replayed',
  'Content-Disposition',
  'Content-Range',
  'WWW-Authenticate',
  'Mcp-Session-Id',
];

/** What every answer says where pages of all origins may call. */
export const ANY_ORIGIN = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
};

/** @param origins `*` among them: all */
export function allowOrigins(server: FastifyInstance, origins: readonly string[]): void {
  server.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 86_400,
    // OPTIONS without the headers of a preflight is answered as well, rather than refused in words of the plugin's.
    strictPreflight: false,
  });
}
