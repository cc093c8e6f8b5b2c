/** POST, GET and DELETE /v1/files: files of the account's own, to be used wherever an image URL is. */
import multipart from '@fastify/multipart';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { type FileRow, listUploads, removeUpload } from '../files/file-records.ts';
import { filePath } from '../files/file-urls.ts';
import { removeFiles } from '../files/remove-files.ts';
import { MAX_UPLOAD_BYTES, storeUpload } from '../files/upload.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { readUpload } from './read-upload.ts';
import { uploadSchema } from './schemas.ts';

const listQuery = Type.Object({
  cursor: Type.Optional(Type.String()),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
});

/** In a scope of its own, since here a body is any bytes. */
export async function uploadsEndpoints(parent: FastifyInstance, context: ApiContext): Promise<void> {
  const { db, store } = context;
  await parent.register(async (app) => {
    // JSON is a file like any other here, and no image.
    app.removeAllContentTypeParsers();
    await app.register(multipart, {
      limits: { fileSize: MAX_UPLOAD_BYTES, files: 1, fields: 20 },
      throwFileSizeLimit: false,
    });
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    app.post(
      '/v1/files',
      {
        config: { scope: 'generate' },
        bodyLimit: MAX_UPLOAD_BYTES + 2 ** 20,
        schema: {
          tags: ['Files'],
          operationId: 'uploadFile',
          summary: 'Upload an image or video, as multipart form data or as the raw body',
          consumes: ['multipart/form-data', 'application/octet-stream'],
          response: { 201: uploadSchema },
        },
      },
      async (request, reply) => {
        const { source, name, finish } = await readUpload(request);
        const row = await storeUpload({ db, store }, request.identity.accountId, source, { name, finish });
        reply.code(201);
        return uploadBody(row, baseUrlOf(context.config, request));
      },
    );

    app.get<{ Querystring: { cursor?: string; limit: number } }>(
      '/v1/files',
      {
        config: { scope: 'read' },
        schema: {
          tags: ['Files'],
          operationId: 'listFiles',
          summary: "The account's uploads, newest first",
          querystring: listQuery,
          response: {
            200: Type.Object({
              files: Type.Array(uploadSchema),
              next_cursor: Type.Union([Type.String(), Type.Null()]),
            }),
          },
        },
      },
      async (request) => {
        const { cursor, limit } = request.query;
        const [createdAt, id] = cursor === undefined ? [] : readCursor(cursor, TIME, FILE_ID);
        const rows = await listUploads(
          db,
          request.identity.accountId,
          createdAt && id ? { createdAt, id } : undefined,
          limit + 1,
        );
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          files: page.map((row) => uploadBody(row, baseUrlOf(context.config, request))),
          next_cursor: rows.length > limit && last ? writeCursor(last.created_at, last.id) : null,
        };
      },
    );

    app.delete<{ Params: { id: string } }>(
      '/v1/files/:id',
      {
        config: { scope: 'generate' },
        schema: {
          tags: ['Files'],
          operationId: 'deleteFile',
          summary: 'Delete an upload',
          params: Type.Object({ id: Type.String() }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        if (!FILE_ID.test(id)) throw errors.invalidResourceIdentifier('A file id has 32 letters and digits.');
        if (!(await removeUpload(db, request.identity.accountId, id)))
          throw errors.notFound('There is no such file.');
        await removeFiles(context, [id]).catch((error) =>
          context.log.warn({ err: error }, 'a deleted file will be removed by the sweep'),
        );
        return reply.code(204).send();
      },
    );
  });
}

export const FILE_ID = /^[0-9a-z]{32}$/;
/** As answers have it, and a time at all. */
const TIME = {
  test: (text: string) =>
    /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/.test(text) && !Number.isNaN(Date.parse(text)),
};

/** As answers have it. */
export function uploadBody(row: FileRow, baseUrl: string): Record<string, unknown> {
  const { id, name, content_type, bytes, width, height, sha256, created_at } = row;
  return { id, url: baseUrl + filePath(row), name, content_type, bytes, width, height, sha256, created_at };
}
