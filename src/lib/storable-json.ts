/**
 * `value` as JSON that PostgreSQL takes as `jsonb`, which knows neither U+0000 nor halves of a surrogate pair. For texts
 * of a backend: what is odd in them must not keep the rest from being stored.
 */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\ufffd') : part,
  );
