import { InputError, tooManyBytes } from './input-error.ts';

/** A media type and its parameters are short; looking further for the comma would only serve abuse. */
const MAX_HEADER_LENGTH = 200;

/**
 * The bytes of a `data:` URI and the type it claims (never to be trusted). Strict base64 only.
 * @throws {InputError}
 */
export function decodeDataUri(uri: string, maxBytes: number): { bytes: Buffer; contentType: string } {
  const comma = uri.slice(0, MAX_HEADER_LENGTH).indexOf(',');
  if (comma === -1 || uri.slice(0, 5).toLowerCase() !== 'data:')
    throw new InputError('invalid', 'is not a data: URI');
  const [contentType = '', ...parameters] = uri.slice(5, comma).toLowerCase().split(';');
  if (parameters.at(-1)?.trim() !== 'base64')
    throw new InputError('invalid', 'is a data: URI without base64');
  return { bytes: decodeBase64(uri, comma + 1, maxBytes), contentType: contentType.trim() || 'text/plain' };
}

function decodeBase64(uri: string, start: number, maxBytes: number): Buffer {
  const length = uri.length - start;
  const padding = uri.endsWith('==') ? 2 : uri.endsWith('=') ? 1 : 0;
  const expectedBytes = (length / 4) * 3 - padding;
  // Before decoding: what is refused must cost nothing.
  if (expectedBytes > maxBytes) throw tooManyBytes(maxBytes);
  if (length === 0) throw new InputError('invalid', 'is empty');
  // Buffer reads U+0141 as if it were its low byte, and takes the other alphabet as well: both are looked for here.
  const ascii = Buffer.byteLength(uri) === uri.length;
  const ownAlphabet = uri.indexOf('-', start) === -1 && uri.indexOf('_', start) === -1;
  const bytes = Buffer.from(ascii && ownAlphabet ? uri.slice(start) : '', 'base64');
  // It skips anything else and stops at the first `=`: either way fewer bytes than expected come out.
  if (bytes.length !== expectedBytes) throw new InputError('invalid', 'is not valid base64');
  return bytes;
}
