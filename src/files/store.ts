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
   * @throws {FileTooLarge} past `maxBytes`; {StoreFull} when there is no space.
   */
  write(key: StoreKey, source: Buffer | Readable, options?: { maxBytes?: number }): Promise<StoredBytes>;
  /** @throws {FileMissing} */
  read(key: StoreKey, range?: ByteRange): Promise<Readable>;
  /** @throws {FileMissing} */
  readAll(key: StoreKey): Promise<Buffer>;
  /** Removing what is not there is fine. */
  remove(key: StoreKey): Promise<void>;
  /** Resolves if bytes can be written, read and removed now; rejects with the reason. */
  check(): Promise<void>;
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

export class StoreFull extends Error {
  override name = 'StoreFull';
}
