/** POST /v1/files/direct, PUT /v1/files/{id} and POST /v1/files/{id}/complete: uploads that go straight to where bytes are stored. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import {
  announceDirectUpload,
  completeDirectUpload,
  DIRECT_LIFETIME_MS,
  findSendable,
  noSuchDirectUpload,
  otherLength,
  receiveDirectUpload,
} from '../files/direct-uploads.ts';
import { storeKeyOf } from '../files/file-records.ts';
import { MAX_UPLOAD_BYTES } from '../files/upload.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { readBytes } from './read-upload.ts';
import { directUploadSchema, uploadSchema } from './schemas.ts';
import { FILE_ID, uploadBody } from './uploads.ts';

const announcement = Type.Object({
  bytes: Type.Integer({ minimum: 1, exclusiveMaximum: MAX_UPLOAD_BYTES, description: 'Exactly.' }),
  filename: Type.Optional(Type.String({ maxLength: 1000, format: 'text' })),
  content_type: Type.Optional(
    Type.String({
      pattern: '^[\\w.+-]+/[\\w.+-]+$',
      maxLength: 100,
      description: 'A hint: the type is what the bytes say.',
    }),
  ),
});
const params = Type.Object({ id: Type.String() });

export async function directUploadsEndpoints(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { db, store } = context;

  app.post<{ Body: { bytes: number; filename?: string; content_type?: string } }>(
    '/v1/files/direct',
    {
      config: { scope: 'generate' },
      schema: {
        tags: ['Files'],
        operationId: 'announceUpload',
        summary: 'Announce an upload, to send its bytes straight to where they are stored',
        body: announcement,
        response: { 201: directUploadSchema },
      },
    },
    async (request, reply) => {
      const { bytes, filename, content_type } = request.body;
      const direct = await announceDirectUpload(db, request.identity.accountId, {
        name: filename ?? null,
        bytes,
      });
      const own = `${baseUrlOf(context.config, request)}/v1/files/${direct.id}`;
      const key = storeKeyOf(direct.id);
      reply.code(201);
      return {
        id: direct.id,
        upload_url: (await store.addressToWrite?.(key, bytes, DIRECT_LIFETIME_MS)) ?? own,
        method: 'PUT',
        headers: { 'content-type': content_type ?? 'application/octet-stream' },
        complete_url: `${own}/complete`,
        expires_at: direct.sendable_until,
      };
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/files/:id/complete',
    {
      config: { scope: 'generate' },
      schema: {
        tags: ['Files'],
        operationId: 'completeUpload',
        summary: 'Make a file of the bytes that were sent; again, it gives the same file',
        params,
        response: { 200: uploadSchema },
      },
    },
    async (request) => {
      const { accountId } = request.identity;
      const row = await completeDirectUpload(context, accountId, directId(request.params.id));
      return uploadBody(row, baseUrlOf(context.config, request));
    },
  );

  // In a scope of its own, since here a body is any bytes.
  await app.register(async (bytesApp) => {
    bytesApp.removeAllContentTypeParsers();
    bytesApp.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    bytesApp.put<{ Params: { id: string } }>(
      '/v1/files/:id',
      {
        bodyLimit: MAX_UPLOAD_BYTES,
        schema: {
          tags: ['Files'],
          operationId: 'sendUpload',
          summary: "Send an announced upload's bytes: the `upload_url` where clients do not reach the store",
          security: [],
          consumes: ['application/octet-stream'],
          params,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const direct = await findSendable(db, directId(request.params.id));
        if (!direct) throw noSuchDirectUpload();
        const length = request.headers['content-length'];
        if (length !== undefined && Number(length) !== direct.bytes) throw otherLength(direct.bytes);
        await receiveDirectUpload(store, direct, readBytes(request));
        return reply.code(204).send();
      },
    );
  });
}

function directId(id: string): string {
  if (!FILE_ID.test(id)) throw errors.invalidResourceIdentifier('An upload id has 32 letters and digits.');
  return id;
}
