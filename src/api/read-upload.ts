/** The bytes of an upload, however they were sent. */
import { PassThrough, type Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { type ApiError, errors } from '../errors.ts';

/** The one file of a form, or the whole body. */
export interface Upload {
  source: Readable;
  name: string | null;
  /** Call when `source` has been read. @throws 422 when more files follow; 400 when the form ends before its end. */
  finish(): Promise<void>;
}

/** @throws 400, 413, 415 or 422 when there is no file to be had. */
export async function readUpload(request: FastifyRequest): Promise<Upload> {
  if (request.isMultipart()) return readForm(request);
  return { source: readBytes(request), name: null, finish: async () => {} };
}

/** The body, where it is taken as it is. @throws 415 when there is none. */
export function readBytes(request: FastifyRequest): Readable {
  const body = request.body as Readable | undefined | null;
  if (!body || typeof body.pipe !== 'function') {
    throw errors.unsupportedMediaType(
      'Send the file as multipart/form-data, or its bytes as the body with their type, such as `Content-Type: image/png`.',
    );
  }
  return detached(body);
}

/**
 * `body` as a stream that can be destroyed without the connection, on which there is an answer to be sent. What is
 * left of the body is then let through to nowhere.
 */
function detached(body: Readable): Readable {
  const source = new PassThrough();
  // Who reads it is told; before anyone does, the error of a caller who left would end the process.
  source.on('error', () => {});
  body.pipe(source);
  body.once('error', (error) => source.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) source.destroy(new Error('the connection broke off'));
  });
  source.once('close', () => body.resume());
  return source;
}

async function readForm(request: FastifyRequest): Promise<Upload> {
  const files = request.files();
  const next = async () => {
    try {
      const { value, done } = await files.next();
      return done ? undefined : value;
    } catch (error) {
      throw formError(error);
    }
  };
  const part = await next();
  if (!part) throw noFile();
  return {
    source: part.file,
    name: part.filename || null,
    async finish() {
      if (await next()) throw severalFiles();
    },
  };
}

function formError(error: unknown): ApiError {
  const { code } = error as { code?: string };
  if (code === 'FST_FILES_LIMIT') return severalFiles();
  if (code === 'FST_FIELDS_LIMIT' || code === 'FST_PARTS_LIMIT')
    return errors.payloadTooLarge('The form has too many fields. Send the file alone.');
  return damagedForm();
}

const damagedForm = (): ApiError =>
  errors.invalidResourceIdentifier(
    'The upload broke off, or is no valid multipart/form-data with a boundary. Send it again, whole.',
  );

const noFile = (): ApiError =>
  errors.validation([
    { loc: ['body', 'file'], msg: 'is missing: send the file as a form field', type: 'required' },
  ]);

const severalFiles = (): ApiError =>
  errors.validation([
    { loc: ['body', 'file'], msg: 'must be a single file: send each in a call of its own', type: 'maxItems' },
  ]);
