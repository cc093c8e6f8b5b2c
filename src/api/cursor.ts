/** Opaque places in a list. */
import { errors } from '../errors.ts';

export const writeCursor = (...parts: string[]): string => Buffer.from(parts.join(' ')).toString('base64url');

/** @throws 422 when it is none of ours. */
export function readCursor(cursor: string, ...patterns: Pick<RegExp, 'test'>[]): string[] {
  const parts = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (parts.length !== patterns.length || !patterns.every((pattern, index) => pattern.test(parts[index]!))) {
    throw errors.validation([
      { loc: ['query', 'cursor'], msg: 'must be the next_cursor of an earlier answer', type: 'cursor' },
    ]);
  }
  return parts;
}
