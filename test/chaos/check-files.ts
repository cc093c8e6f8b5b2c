/** Rows and bytes agree: what is owned is there, what is there is known, and what is needed no more has a time to go. */
import type { Broken } from './check.ts';
import type { Ledger } from './ledger.ts';

/** Kept while a request runs. */
const PASSING = ['raw', 'fetched'];

export function checkFiles({ stored }: Ledger, broken: Broken): void {
  const objects = new Map(stored.objects.map(({ id, bytes }) => [id, bytes]));
  const rows = new Set(stored.files.map(({ id }) => id));
  for (const { id, bytes } of stored.objects)
    if (!rows.has(id)) broken('no bytes without a row', `${id}, ${bytes} bytes`);
  const places = new Map<string, string>();
  for (const { id, kind, requestId, place, bytes, expires } of stored.files) {
    // The sweep takes it, with or without bytes.
    if (expires) continue;
    const there = objects.get(id);
    if (there === undefined) broken('no row without its bytes', `${kind} ${id} of ${requestId}`);
    else if (bytes !== null && there !== bytes)
      broken('a row tells its bytes', `${kind} ${id} has ${there} instead of ${bytes}`);
    if (requestId === null && kind !== 'upload') broken('what nobody owns expires', `${kind} ${id}`);
    if (PASSING.includes(kind)) broken('what is needed no more expires', `${kind} ${id} of ${requestId}`);
    if (kind !== 'output') continue;
    const output = `${requestId}/${place}`;
    if (places.has(output))
      broken('no output is there twice', `${places.get(output)} and ${id} are both ${output}`);
    places.set(output, id);
  }
}
