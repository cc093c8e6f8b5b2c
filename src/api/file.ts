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
const REDIRECT_HEADERS = {
  // Half as long as the address works at least.
  'cache-control': 'public, max-age=300',
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};

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
  const sendsBytes = plan.status < 300 && request.method === 'GET';
  try {
    if (sendsBytes && store.addressToRead) {
      const address = await store.addressToRead(storeKeyOf(id), {
        contentType: plan.headers['content-type']!,
        contentDisposition: plan.headers['content-disposition']!,
        cacheControl: plan.headers['cache-control']!,
      });
      return reply.code(302).headers(REDIRECT_HEADERS).header('location', address).send();
    }
    const body = sendsBytes ? await store.read(storeKeyOf(id), { range: plan.range }) : undefined;
    return reply.code(plan.status).headers(plan.headers).send(body);
  } catch (error) {
    if (error instanceof FileMissing) throw errors.notFound('There is no such file, or it has expired.');
    throw error;
  }
}
