/** What a page of the web app may load, and from where. */
import type { Config } from '../config/config.ts';
import type { FileStore } from '../files/store.ts';

/** Never written: its address says where files are. */
const SOME_KEY = 'files/00000000-0000-0000-0000-000000000000';

/** The content security policy of one answer: nothing from other hosts, no script or style but ours. */
export type WebPolicy = (nonce: string) => Promise<string>;

/** Files may be at the server's public name, and in a bucket that clients reach themselves. */
export function createWebPolicy(
  { publicUrl }: Pick<Config, 'publicUrl'>,
  store: Pick<FileStore, 'addressToWrite'>,
): WebPolicy {
  let bucket: string | undefined;
  return async (nonce) => {
    bucket ??= await originOfBucket(store);
    const files = ["'self'", publicUrl && new URL(publicUrl).origin, bucket].filter(Boolean).join(' ');
    return [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      `img-src ${files} data: blob:`,
      `media-src ${files} data: blob:`,
      "font-src 'self'",
      `connect-src ${files}`,
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join('; ');
  };
}

/** Undefined while it cannot be told: pages work without, but for the files. */
async function originOfBucket(store: Pick<FileStore, 'addressToWrite'>): Promise<string | undefined> {
  try {
    const address = await store.addressToWrite?.(SOME_KEY, 1, 1000);
    return address && new URL(address).origin;
  } catch {
    return undefined;
  }
}
