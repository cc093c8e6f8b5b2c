/** Whether a browser's call comes from a page of this server, by what only the browser itself can say. */
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';
import { errors } from '../errors.ts';
import { baseUrlOf } from './base-url.ts';

/** `unknown`: typed into the address bar, an old browser, or none at all. */
type Source = 'ours' | 'foreign' | 'unknown';

function sourceOf(config: Config, request: FastifyRequest): Source {
  // Browsers send it to https and to this machine, and no page can change it.
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin') return 'ours';
  if (site === 'none') return 'unknown';
  if (site !== undefined) return 'foreign';
  const { origin } = request.headers;
  if (origin === undefined) return 'unknown';
  return origin === new URL(baseUrlOf(config, request)).origin ? 'ours' : 'foreign';
}

/** @throws 403 when a browser's cookie must not count for this call, or could not be shown to. */
export function requireSameOrigin(config: Config, request: FastifyRequest): void {
  const source = sourceOf(config, request);
  if (source === 'foreign')
    throw errors.permissionDenied(
      'This call came from a page of another origin, where signing in does not count. Send an API key: `Authorization: Bearer <key>`. If it is the web app that said so, DARKROOM_PUBLIC_URL is not the address that it was opened at.',
    );
  if (source === 'unknown' && !isReading(request))
    throw errors.permissionDenied(
      'Who is signed in to the web app changes things from its pages only: the header Origin must be that of this server. Programs send an API key: `Authorization: Bearer <key>`.',
    );
}

export const isReading = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';
