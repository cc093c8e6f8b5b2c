/** Files of a call as URLs, and outputs as bytes. */
import type { ImageModelV4File, Experimental_VideoModelV4File as VideoModelV4File } from '@ai-sdk/provider';
import { type CompletedResult, ConnectionError, type Darkroom, outputUrls } from '../client/index.ts';
import { toDataUri } from '../client/inputs.ts';

/** A file as a call of an image or video model has it. */
export type InputFile = ImageModelV4File | VideoModelV4File;

/** A call may have 64 MiB, and base64 takes a third more. */
const MOST_INLINE_BYTES = 40 * 2 ** 20;

/** What makes two calls' files the same. */
export const identityOf = (file: InputFile): string | Uint8Array =>
  file.type === 'url' ? file.url : file.data;

/** Whether there is too much of them to send it in the call itself. */
export const needUpload = (files: readonly InputFile[]): boolean =>
  files.reduce((sum, file) => sum + (file.type === 'url' ? 0 : file.data.length), 0) > MOST_INLINE_BYTES;

/** Data URIs of those that are no URLs already. */
export const inlined = (files: readonly InputFile[]): Promise<string[]> =>
  Promise.all(files.map(async (file) => (file.type === 'url' ? file.url : inline(file))));

async function inline(file: InputFile & { type: 'file' }): Promise<string> {
  const type = file.mediaType.startsWith('image/') ? file.mediaType : 'image/png';
  if (typeof file.data === 'string') return `data:${type};base64,${file.data}`;
  return toDataUri(new Blob([file.data as Uint8Array<ArrayBuffer>], { type }));
}

/** URLs on the server of those that are no URLs already. */
export async function uploaded(
  client: Darkroom,
  files: readonly InputFile[],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const urls: string[] = [];
  for (const file of files) {
    if (file.type === 'url') urls.push(file.url);
    else urls.push((await client.files.upload(new Blob([await bytesOf(file)]), { signal })).url);
  }
  return urls;
}

async function bytesOf(file: InputFile & { type: 'file' }): Promise<Uint8Array<ArrayBuffer> | ArrayBuffer> {
  if (typeof file.data !== 'string') return file.data as Uint8Array<ArrayBuffer>;
  return (await fetch(`data:;base64,${file.data}`)).arrayBuffer();
}

/** The bytes of a result's outputs, in their order. @throws {ConnectionError} they can be asked for again */
export async function download(
  call: typeof fetch,
  result: CompletedResult,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  try {
    return await Promise.all(outputUrls(result).map((url) => bytesAt(call, url, signal)));
  } catch (cause) {
    signal?.throwIfAborted();
    const error = new ConnectionError(`The output could not be fetched: ${(cause as Error).message}`, {
      cause,
    });
    error.requestId = result.request_id;
    throw error;
  }
}

async function bytesAt(
  call: typeof fetch,
  url: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  // What is in the URL itself is nobody else's business.
  const answer = await (url.startsWith('data:') ? fetch(url) : call(url, signal ? { signal } : {}));
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
