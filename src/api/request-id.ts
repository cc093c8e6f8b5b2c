/** The id in a path. */

import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { isUuid } from '../lib/ids.ts';

export const requestParams = Type.Object({
  id: Type.String({ description: 'The `request_id` of the submit.' }),
});

/** @throws 400 when it is no UUID. */
export function requestId(request: FastifyRequest): string {
  return checkUuid((request.params as { id: string }).id, 'request_id');
}

export function checkUuid(text: string, name: string): string {
  if (!isUuid(text))
    throw errors.invalidResourceIdentifier(`${name} must be a UUID.`, [
      { loc: ['path', name], msg: 'must be a UUID', type: 'uuid' },
    ]);
  return text.toLowerCase();
}
