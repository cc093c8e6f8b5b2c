/** The address a client reaches this server at: as configured, or as the client wrote it. */
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/config.ts';
import type { Call } from './call.ts';

const HOST = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i;

export function baseUrlOf(config: Config, { headers }: Pick<IncomingMessage, 'headers'>): string {
  if (config.publicUrl) return config.publicUrl;
  const host = headers.host ?? '';
  // Nearly always it is the one of the call before.
  if (host === last.host) return last.url;
  // It comes back to the caller in URLs, so it has to look like a host.
  if (!HOST.test(host)) return `http://localhost:${config.port}`;
  last = { host, url: `http://${host}` };
  return last.url;
}
let last: { host?: string; url: string } = { url: '' };

/** Every address under which a URL means this server: as configured, as the client wrote it, as this machine may call it. */
export function ownBaseUrls(config: Config, request: Pick<Call, 'headers' | 'socket'>): string[] {
  const names = ['localhost', '127.0.0.1', '[::1]'];
  return [
    baseUrlOf(config, request),
    `http://${request.headers.host}`,
    ...names.map((name) => `http://${name}:${request.socket.localPort}`),
  ];
}
