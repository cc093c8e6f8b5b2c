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
