/** Where bytes live. A disk today, a bucket as well later: nothing here assumes a file system. */
import type { Readable } from 'node:stream';

/** `<area>/<name>`: made by us, never from anything a caller sent. Lower case letters, digits, `-`, `.`, `/`. */
export type StoreKey = string;

export interface StoredBytes {
  /** Bytes written. */
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface ByteRange {
  /** First byte, inclusive. */
  start: number;
  /** Last byte, inclusive. */
  end: number;
}

export interface FileStore {
  /**
   * Writes all of `source` or nothing, durably (it survives a power cut once this resolves); replaces what is there.
   * A `source` that is a stream is destroyed when this rejects.
   * @throws {FileTooLarge} past `maxBytes`; {StoreFull} when there is no space; {StoreUnavailable}; the signal's reason;
   *   the source's error.
   */
  write(
    key: StoreKey,
    source: Buffer | Readable,
    options?: { maxBytes?: number; signal?: AbortSignal },
  ): Promise<StoredBytes>;
  /**
   * What is there now, even if it is replaced or removed while being read. A range that ends past the last byte is cut.
   * @throws {FileMissing}; {StoreUnavailable}; a RangeError when the range starts past the last byte.
   */
  read(key: StoreKey, range?: ByteRange): Promise<Readable>;
  /** @throws {FileMissing}; {StoreUnavailable} */
  readAll(key: StoreKey): Promise<Buffer>;
  /** Removing what is not there is fine. */
  remove(key: StoreKey): Promise<void>;
  /** Resolves if bytes can be written, read and removed now; rejects with the reason. */
  check(): Promise<void>;
}

const SEGMENTS = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9.-]*)+$/;
const MAX_KEY_LENGTH = 200;

/** Refuses a key that is not ours: what is wrong then is our code, so a plain Error. */
export function checkStoreKey(key: StoreKey): void {
  if (key.length <= MAX_KEY_LENGTH && SEGMENTS.test(key) && !key.includes('..')) return;
  throw new Error(`not a key of the file store: ${JSON.stringify(key.slice(0, MAX_KEY_LENGTH))}`);
}

export class FileMissing extends Error {
  override name = 'FileMissing';
}

export class FileTooLarge extends Error {
  override name = 'FileTooLarge';
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** The store does not work now, which is nobody's fault who uses it and may pass. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

export class StoreFull extends StoreUnavailable {
  override name = 'StoreFull';
}
