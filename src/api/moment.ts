/** Times in queries and bodies: what the format lets through is not always a time. */
import { errors } from '../errors.ts';

const YEAR_ONE_MS = Date.parse('0001-01-01T00:00:00Z');

/**
 * @param loc where the text stands, such as `['query', 'after']`
 * @throws 422 when it is no time: a leap second, an offset of 24 hours, the year 0.
 */
export function readMoment(text: string, loc: string[]): Date {
  const moment = new Date(text);
  if (!(moment.getTime() >= YEAR_ONE_MS)) {
    throw errors.validation([{ loc, msg: 'must be a time such as 2026-01-31T12:00:00Z', type: 'format' }]);
  }
  return moment;
}

/** A time of a query as all our times are written, `2026-01-31T12:00:00.123456+00:00`, to its own microsecond. @throws as `readMoment`. */
export function readExactMoment(text: string, loc: string[]): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${readMoment(text, loc).toISOString().slice(0, -5)}.${fraction.slice(0, 6).padEnd(6, '0')}+00:00`;
}

/** A `Date` in the same form. */
export const writeMoment = (moment: Date): string => moment.toISOString().replace('Z', '000+00:00');
