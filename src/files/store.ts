/** Where bytes live: on a disk or in a bucket. Nothing here assumes a file system. */
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

export interface ReadOptions {
  range?: ByteRange | undefined;
  signal?: AbortSignal | undefined;
}

/** A key whose bytes could not be removed, and why. */
export interface Unremoved {
  key: StoreKey;
  error: unknown;
}

export interface FileStore extends AsyncDisposable {
  /** In words, for the operator: where the bytes are. */
  readonly description: string;
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
   * @throws {FileMissing}; {StoreUnavailable}; a RangeError when the range starts past the last byte; the signal's reason.
   */
  read(key: StoreKey, options?: ReadOptions): Promise<Readable>;
  /** @throws {FileMissing}; {StoreUnavailable}; the signal's reason. */
  readAll(key: StoreKey, options?: { signal?: AbortSignal }): Promise<Buffer>;
  /** Bytes of the file; undefined when there is none. @throws {StoreUnavailable} */
  size(key: StoreKey): Promise<number | undefined>;
  /** Removing what is not there is fine. @throws {StoreUnavailable} */
  remove(key: StoreKey): Promise<void>;
  /** Any number at once. @returns those whose bytes are there still. */
  removeMany(keys: readonly StoreKey[]): Promise<Unremoved[]>;
  /** Resolves if bytes can be written, read and removed now; rejects with the reason. */
  check(signal?: AbortSignal): Promise<void>;
  /**
   * Only where clients are to fetch bytes themselves: an address that works for some minutes and answers with these headers.
   */
  addressToRead?(key: StoreKey, headers: AddressHeaders): Promise<string>;
  /** Only where clients can send bytes themselves: where to PUT exactly so many of them, for `lifetimeMs`. */
  addressToWrite?(key: StoreKey, bytes: number, lifetimeMs: number): Promise<string>;
}

export interface AddressHeaders {
  contentType: string;
  contentDisposition: string;
  cacheControl: string;
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

/** It refuses us, or there is no such place: that will not pass before somebody changes the settings. */
export class StoreRefused extends StoreUnavailable {
  override name = 'StoreRefused';
}

export class StoreFull extends StoreUnavailable {
  override name = 'StoreFull';
}

/** Checks the bounds alone. */
export function checkRange({ start, end }: ByteRange): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end) return;
  throw new RangeError(`no bytes ${start}-${end} in any file`);
}
