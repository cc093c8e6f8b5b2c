/** Images to a server and files from it. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sniff } from '../../files/sniff.ts';
import { BackendError, type GeneratedMedia, type InputImage } from '../backend.ts';
import { AnswerTooLarge, call, jsonOf, type Server, Unreachable } from './http.ts';
import type { LookOptions, RemoteFile } from './jobs.ts';
import { isRecord } from './workflow.ts';

/**
 * Uploads `image` into the server's input folder.
 * @returns what a graph calls it there.
 * @throws {Unreachable}; {BackendError}; the signal's reason.
 */
export async function uploadImage(server: Server, image: InputImage, options: LookOptions): Promise<string> {
  // Named after its content: the server keeps one copy, however many rounds and tries bring it.
  const digest = createHash('sha256').update(image.bytes).digest('hex').slice(0, 32);
  const name = `${digest}.${image.contentType.slice('image/'.length)}`;
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(image.bytes)], { type: image.contentType }), name);
  form.set('type', 'input');
  form.set('subfolder', 'darkroom');
  const answer = await call(server, 'POST', 'upload/image', { ...options, body: await encoded(form) });
  const body = jsonOf(answer);
  if (answer.status === 413)
    throw new BackendError('invalid_request', 'An input image is too large for the server.');
  if (answer.status !== 200 || !isRecord(body) || typeof body.name !== 'string')
    throw new Unreachable(`an upload was answered ${answer.status}`);
  const folder = typeof body.subfolder === 'string' && body.subfolder !== '' ? `${body.subfolder}/` : '';
  const area = typeof body.type === 'string' && body.type !== 'input' ? ` [${body.type}]` : '';
  return `${folder}${body.name}${area}`;
}

/** Whole, so that its length is known and it can go over any connection. */
async function encoded(form: FormData): Promise<{ bytes: Buffer; contentType: string }> {
  const body = new Response(form);
  return {
    bytes: Buffer.from(await body.arrayBuffer()),
    contentType: body.headers.get('content-type')!,
  };
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/**
 * The image or video in `file`; undefined for anything else. It is made already: what breaks off is asked for again.
 * @throws {Unreachable} when it could not be had for `patienceMs`; {BackendError} when it never can; the signal's reason.
 */
export async function fetchMedia(
  server: Server,
  file: RemoteFile,
  options: LookOptions & { maxBytes: number; patienceMs: number },
): Promise<GeneratedMedia | undefined> {
  const path = `view?${new URLSearchParams({ ...file })}`;
  const startedAt = performance.now();
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(LONGEST_DELAY_MS, delayMs * 2)) {
    try {
      const { status, bytes } = await call(server, 'GET', path, options);
      if (status !== 200)
        throw new BackendError('no_output', 'The server does not have its output any more.');
      const type = await sniff(bytes);
      return type.kind === 'other' ? undefined : { bytes, contentType: type.contentType };
    } catch (error) {
      if (error instanceof AnswerTooLarge) {
        const limit = `${Math.floor(options.maxBytes / 2 ** 20)} MB`;
        throw new BackendError('invalid_request', `The output is larger than the ${limit} that are taken.`, {
          cause: error,
        });
      }
      const impatient = performance.now() - startedAt > options.patienceMs;
      if (!(error instanceof Unreachable) || impatient) throw error;
      await sleep(delayMs, undefined, { signal: options.signal });
    }
  }
}
