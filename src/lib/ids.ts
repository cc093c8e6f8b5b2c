/** Identifiers: UUIDs that sort by time for rows, random names for what must not be guessed. */
import { randomBytes } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** RFC 9562 version 7: 48 bits of milliseconds, 74 random bits. Sorts by time, so history needs no index of its own. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = takeRandom(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return format(bytes);
}

/** The smallest version 7 UUID of a time: everything made before it sorts below. */
export function uuidv7Floor(ms: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.floor(ms)), 0, 6);
  bytes[6] = 0x70;
  bytes[8] = 0x80;
  return format(bytes);
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// One call for many ids: a call of the random generator costs more than its bytes.
let pool = Buffer.alloc(0);
let used = 0;
function takeRandom(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  const taken = Buffer.from(pool.subarray(used, used + count));
  used += count;
  return taken;
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** `length` letters and digits of 5 random bits each; 32 of them (160 bits) cannot be guessed. */
export function randomName(length = 32): string {
  const bytes = takeRandom(length);
  let name = '';
  for (const byte of bytes) name += LETTERS[byte & 31];
  return name;
}
