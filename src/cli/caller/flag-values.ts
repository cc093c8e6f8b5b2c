/** Words of the command line as values of a schema's type. What the type allows beyond that, the server says, all at once. */
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from 'commander';
import { file, type ValueSchema } from '../../client/index.ts';

/** @throws {InvalidArgumentError} when it cannot be such a value. */
export function readValue(text: string, schema: ValueSchema | undefined, name: string): unknown {
  if (!schema) return readLoosely(text);
  switch (schema.type) {
    case 'integer':
    case 'number':
      return readNumber(text, schema.type);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('It must be true or false.');
      return text === 'true';
    case 'string':
      return takesFiles(schema, name) ? readFileOrUrl(text) : text;
    case 'array':
      if (/^\s*\[/.test(text)) return readJson(text);
      return readValue(text, schema.items, name);
    default:
      return readLoosely(text);
  }
}

/** Whether it is a URL of something that may as well be a file of this machine. */
export const takesFiles = (schema: ValueSchema, name: string): boolean => {
  const { type, format } = schema.type === 'array' ? (schema.items ?? schema) : schema;
  return type === 'string' && (/(^|_)uri$/.test(format ?? '') || /_urls?$/.test(name));
};

function readNumber(text: string, type: 'integer' | 'number'): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value))
    throw new InvalidArgumentError(`It must be a ${type === 'integer' ? 'whole ' : ''}number.`);
  // Past that, digits would be lost without a word.
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new InvalidArgumentError(`It must be at most ${Number.MAX_SAFE_INTEGER}.`);
  return value;
}

/** With a scheme it is a URL; but a single letter is a drive of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

function readFileOrUrl(text: string): unknown {
  const isFileUrl = /^file:/i.test(text);
  if (SCHEME.test(text) && !isFileUrl) return text;
  const path = isFileUrl ? fileURLToPath(text) : text;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new InvalidArgumentError('There is no such file; give a file of this machine or a URL.');
  if (!found.isFile()) throw new InvalidArgumentError('It is no file.');
  return file(path);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It is no valid JSON: ${(error as Error).message}.`);
  }
}

/** Where nobody says what it must be: JSON if it is JSON, else the text. */
export function readLoosely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
