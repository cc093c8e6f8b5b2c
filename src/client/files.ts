/** Files of the account: `darkroom.files`. */
import { DarkroomError } from './errors.ts';
import { cursorList, type List } from './list.ts';
import { segment } from './paths.ts';
import { type FileSource, LocalFile, toBlob } from './sources.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { FilePage, UploadedFile } from './types.ts';
import { type UploadProgress, uploadForm } from './upload-form.ts';

export interface UploadOptions extends CallOptions {
  /** As the list of files shows it; a file's own by default. */
  filename?: string | undefined;
  /** A hint: the server looks at the bytes. */
  contentType?: string | undefined;
  onProgress?: ((progress: UploadProgress) => void) | undefined;
}

export class Files {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Uploads an image or video. Its `url` can be used wherever an image URL can. */
  async upload(source: FileSource, options: UploadOptions = {}): Promise<UploadedFile> {
    const { filename = nameOf(source), contentType, onProgress, signal } = options;
    signal?.throwIfAborted();
    const bytes = await toBlob(source);
    if (bytes.size === 0) throw new DarkroomError('The file is empty.');
    const blob = contentType === undefined ? bytes : new Blob([bytes], { type: contentType });
    return uploadForm(this.#transport, blob, { filename, onProgress, signal });
  }

  /** The account's uploads, newest first. */
  list({ limit, signal }: CallOptions & { limit?: number | undefined } = {}): List<UploadedFile, FilePage> {
    const call = { path: '/v1/files', query: { limit }, signal };
    return cursorList(this.#transport, call, (page: FilePage) => page.files);
  }

  async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: 'DELETE', path: `/v1/files/${segment(id)}`, signal });
  }
}

const nameOf = (source: FileSource): string =>
  source instanceof LocalFile || (typeof File !== 'undefined' && source instanceof File)
    ? source.name
    : 'file';
