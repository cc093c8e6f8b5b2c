/** The address a client reaches this server at: as configured, or as the client wrote it. */
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';

const HOST = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

export function baseUrlOf(config: Config, request: FastifyRequest): string {
  if (config.publicUrl) return config.publicUrl;
  const host = request.headers.host ?? '';
  // It comes back to the caller in URLs, so it has to look like a host.
  return HOST.test(host) ? `http://${host}` : `http://localhost:${config.port}`;
}

/** Every origin under which a URL means this server. */
export function ownOrigins(config: Config, request: FastifyRequest): string[] {
  const origins = [
    baseUrlOf(config, request),
    ...(config.publicUrl ? [`http://${request.headers.host}`] : []),
  ];
  return origins.map((url) => URL.parse(url)?.origin).filter((origin) => origin !== undefined);
}
