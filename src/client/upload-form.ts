/** A file as a form, with progress where it is asked for. */
import type { Transport } from './transport.ts';
import type { UploadedFile } from './types.ts';
import { xhrFetch } from './xhr-fetch.ts';

export interface UploadProgress {
  /** Bytes of the file that have been handed over. */
  loaded: number;
  total: number;
}

const UPLOAD_TIMEOUT_MS = 15 * 60_000;

export interface FormOptions {
  filename: string;
  onProgress: ((progress: UploadProgress) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** A repeated upload may leave a second file behind, which costs nothing. */
export function uploadForm(transport: Transport, blob: Blob, options: FormOptions): Promise<UploadedFile> {
  const { filename, onProgress, signal } = options;
  const tell = (loaded: number): void =>
    // What is around the file in a form is not counted.
    onProgress?.({ loaded: Math.min(loaded, blob.size), total: blob.size });
  const xhr = onProgress && xhrFetch(tell);
  return transport.json<UploadedFile>({
    path: '/v1/files',
    timeoutMs: UPLOAD_TIMEOUT_MS,
    signal,
    fetch: xhr,
    body: () => {
      const form = new FormData();
      form.append('file', blob, filename);
      return onProgress && !xhr ? watched(form, tell) : { body: form };
    },
  });
}

/** The form as bytes that are counted as they leave. */
function watched(form: FormData, tell: (loaded: number) => void) {
  const encoded = new Response(form);
  let loaded = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      controller.enqueue(chunk);
      tell(loaded);
    },
  });
  const headers = { 'content-type': encoded.headers.get('content-type')! };
  return { body: encoded.body!.pipeThrough(count), headers };
}
