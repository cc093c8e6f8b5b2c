/** GET /files/{id}/{name}: stored bytes. No key is needed: the id cannot be guessed. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from '../errors.ts';
import { findServedFile, storeKeyOf } from '../files/file-records.ts';
import { extensionOf } from '../files/file-urls.ts';
import { planFileResponse } from '../files/serve.ts';
import { FileMissing } from '../files/store.ts';
import type { ApiContext } from './context.ts';

export function fileEndpoint(app: FastifyInstance, context: ApiContext): void {
  const schema = { hide: true } as const;
  const handler = (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) =>
    serveFile(context, request, reply);
  // HEAD by name: the framework's own cannot answer one without reading the file.
  for (const url of ['/files/:id', '/files/:id/:name'])
    app.route<{ Params: { id: string } }>({ method: ['GET', 'HEAD'], url, schema, handler });
}

const FILE_ID = /^[0-9a-z]{32}$/;

async function serveFile(
  { db, store }: ApiContext,
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = request.params;
  const file = FILE_ID.test(id) ? await findServedFile(db, id) : undefined;
  if (!file) throw errors.notFound('There is no such file, or it has expired.');
  const plan = planFileResponse({
    method: request.method,
    contentType: file.content_type!,
    bytes: file.bytes!,
    etag: file.sha256!,
    fileName: file.name ?? `${file.kind}-${id.slice(0, 8)}.${extensionOf(file.content_type!)}`,
    rangeHeader: request.headers.range,
    ifNoneMatch: request.headers['if-none-match'],
    ifRange: request.headers['if-range'] as string | undefined,
  });
  try {
    const body =
      plan.status < 300 && request.method === 'GET'
        ? await store.read(storeKeyOf(id), plan.range)
        : undefined;
    return reply.code(plan.status).headers(plan.headers).send(body);
  } catch (error) {
    if (error instanceof FileMissing) throw errors.notFound('There is no such file, or it has expired.');
    throw error;
  }
}
