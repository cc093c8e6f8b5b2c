/** The pictures of an answer, whichever way they come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sniff } from '../../files/sniff.ts';
import { BackendError, type GeneratedMedia } from '../backend.ts';
import type { Api } from './api.ts';
import { objectOf } from './refusal.ts';

/** A picture is paid for when its address is told: fetching it is tried again, making it is not. */
const FETCHES = 3;
const FETCH_TIMEOUT_MS = 60_000;

/**
 * Reads `data` of an answer: base64, `data:` URIs, and URLs of the configured server or of any other over https.
 * @throws {BackendError}
 */
export async function readImages(items: unknown, api: Api, signal: AbortSignal): Promise<GeneratedMedia[]> {
  const outputs: GeneratedMedia[] = [];
  for (const item of Array.isArray(items) ? items.map(objectOf) : []) {
    const bytes = await bytesOf(item, api, signal);
    if (bytes && bytes.length > 0) outputs.push({ bytes, contentType: await contentTypeOf(bytes) });
  }
  if (outputs.length === 0) throw new BackendError('no_output', 'The image service gave no image.');
  return outputs;
}

async function bytesOf(
  { b64_json: base64, url }: Record<string, unknown>,
  api: Api,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (typeof base64 === 'string') return decode(base64);
  if (typeof url !== 'string') return undefined;
  if (url.startsWith('data:')) return decode(url);
  return await fetchImage(url, api, signal);
}

/** Some servers put a `data:` URI where base64 belongs. */
const decode = (text: string): Buffer => Buffer.from(text.replace(/^data:[^,]{0,100},/, ''), 'base64');

async function fetchImage(address: string, api: Api, signal: AbortSignal): Promise<Buffer> {
  const url = URL.parse(address, api.baseUrl);
  const isOwn = url?.origin === new URL(api.baseUrl).origin;
  if (!url || (!isOwn && url.protocol !== 'https:')) throw unreachable(new Error('not an https URL'));
  for (let fetches = 1; ; fetches++) {
    try {
      return await api.fetchBytes(url.href, { signal, timeoutMs: FETCH_TIMEOUT_MS, authorised: isOwn });
    } catch (error) {
      if (signal.aborted) throw error;
      if (fetches === FETCHES) throw unreachable(error);
      await sleep(api.firstWaitMs * fetches, undefined, { signal });
    }
  }
}

const unreachable = (cause: unknown): BackendError =>
  new BackendError('unavailable', 'The image was made but could not be fetched.', { spent: true, cause });

async function contentTypeOf(bytes: Buffer): Promise<string> {
  const type = await sniff(bytes);
  return type.kind === 'other' ? 'application/octet-stream' : type.contentType;
}
