/** Uploads in browsers: their fetch does not tell how far it is. */

import { onAbort } from './abort.ts';

/** What is used of a browser's XMLHttpRequest, which programs outside of one have no types for. */
interface Xhr {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: unknown): void;
  abort(): void;
}

/** As `fetch`, but it tells how many bytes have been sent. Undefined outside of browsers. */
export function xhrFetch(onSent: (bytes: number) => void): typeof fetch | undefined {
  const { XMLHttpRequest: Request } = globalThis as { XMLHttpRequest?: new () => Xhr };
  if (!Request) return undefined;
  return (url, { method = 'GET', headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const xhr = new Request();
      xhr.open(method, String(url));
      new Headers(headers).forEach((value, name) => {
        xhr.setRequestHeader(name, value);
      });
      const stop = (): void => {
        xhr.abort();
        reject(signal!.reason);
      };
      if (signal?.aborted) return stop();
      const forget = signal && onAbort(signal, stop);
      const end = (settle: () => void) => () => {
        forget?.();
        settle();
      };
      xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
      xhr.onload = end(() =>
        resolve(new Response(xhr.responseText, { status: xhr.status, headers: headersOf(xhr) })),
      );
      xhr.onerror = end(() => reject(new TypeError('the connection failed')));
      xhr.send(body);
    });
}

const headersOf = (xhr: Xhr): [string, string][] =>
  xhr
    .getAllResponseHeaders()
    .trim()
    .split(/\r?\n/)
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
