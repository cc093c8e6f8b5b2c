/** Everything that files can be given as. */
import { DarkroomError } from './errors.ts';

/** A file of this machine, by its path: `file('./portrait.png')`. Read when it is needed; not in browsers. */
export class LocalFile {
  readonly path: string;
  readonly name: string;

  constructor(path: string) {
    this.path = path;
    this.name = path.split(/[\\/]/).at(-1) ?? path;
  }
}

/**
 * Names a file of this machine as an input. Strings are never read as paths, so that what a stranger sends to your program as
 * an image URL cannot name your files.
 */
export const file = (path: string): LocalFile => new LocalFile(path);

/** Bytes of a file. Streams can be read once. */
export type FileSource =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | LocalFile;

/** What an image input takes: a URL, a data URI, or bytes that are then uploaded. */
export type ImageInput = string | URL | FileSource;

type Part = Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** What the server takes at most, with some room: a stream without an end is not to fill the memory. */
const MOST_BYTES = 128 * 2 ** 20;

export const isSource = (value: unknown): value is FileSource =>
  value instanceof Blob ||
  value instanceof ArrayBuffer ||
  ArrayBuffer.isView(value) ||
  value instanceof LocalFile ||
  isStream(value) ||
  typeof (value as Partial<AsyncIterable<unknown>> | null)?.[Symbol.asyncIterator] === 'function';

/** By what it can do: what came as JSON from elsewhere can never be one. */
const isStream = (value: unknown): value is ReadableStream<Uint8Array> =>
  typeof (value as Partial<ReadableStream> | null)?.getReader === 'function';

/** All of its bytes, so that they can be sent again. @throws when there are too many, or the file cannot be read. */
export async function toBlob(source: FileSource): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (source instanceof LocalFile) return new Blob([await readLocalFile(source.path)]);
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return new Blob([source as Part]);
  const chunks: Part[] = [];
  let bytes = 0;
  for await (const chunk of isStream(source) ? chunksOf(source) : source) {
    bytes += chunk.byteLength;
    if (!(bytes <= MOST_BYTES)) throw tooLarge();
    chunks.push(chunk as Part);
  }
  return new Blob(chunks);
}

/** Not every browser's streams can be iterated. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

interface FileSystem {
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  stat(path: string): Promise<{ size: number }>;
}

async function readLocalFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile, stat } = await fileSystem();
  const explain = (cause: Error): never => {
    throw new DarkroomError(`The file cannot be read: ${cause.message}`, { cause });
  };
  if ((await stat(path).catch(explain)).size > MOST_BYTES) throw tooLarge();
  return readFile(path).catch(explain);
}

async function fileSystem(): Promise<FileSystem> {
  // By a name that is no constant: what bundles it for browsers is not to look for it.
  const name = 'node:fs/promises';
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (cause) {
    throw new DarkroomError('Files cannot be read by their path here. Pass a File or a Blob.', { cause });
  }
}

const tooLarge = (): DarkroomError =>
  new DarkroomError('The file is larger than any that is taken (100 MB).');
