import { closest, distance } from 'fastest-levenshtein';
import type { Violation } from '../errors.ts';
import { harmless } from './text-problem.ts';

/** Beyond this many they are only counted. */
const MAX_LISTED = 50;
const MAX_COMPARED_CHARACTERS = 64;
/** Stands for all that are not listed; no field can have this name. */
const THE_REST = '*';

/** Something in the input that was put right or passed over, as status and result show it. */
export interface InputWarning {
  field: string;
  message: string;
}

/** One warning for each field of `body` that is not among `known`, up to a bound. */
export function unknownFieldWarnings(body: object, known: ReadonlySet<string>): InputWarning[] {
  const warnings: InputWarning[] = [];
  const candidates = [...known];
  let unlisted = 0;
  for (const name of Object.keys(body)) {
    if (known.has(name)) continue;
    if (warnings.length === MAX_LISTED) unlisted += 1;
    else {
      const message = `unknown field, ignored${suggestion(name, candidates)}`;
      warnings.push({ field: harmless(name), message });
    }
  }
  if (unlisted > 0) warnings.push({ field: THE_REST, message: `${unlisted} more unknown fields, ignored` });
  return warnings;
}

/** The same as violations, for callers who asked for strict handling. */
export function unknownFieldViolations(warnings: readonly InputWarning[]): Violation[] {
  return warnings.map(({ field, message }) => {
    const msg = message.replace(', ignored', '');
    return field === THE_REST
      ? { loc: ['body'], msg: `has ${msg}`, type: 'unknown_field' }
      : {
          loc: ['body', field],
          msg: msg.replace('unknown field', 'is not a known field'),
          type: 'unknown_field',
        };
  });
}

/** `; did you mean num_images?` if one of `known` looks like `name`, or nothing. */
export function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0 || name.length > MAX_COMPARED_CHARACTERS) return '';
  const word = withoutStyle(name);
  const plain = known.map(withoutStyle);
  const nearest = closest(word, plain);
  // Two letters swapped are a distance of two.
  const allowed = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  if (word.length < 2 || distance(word, nearest) > allowed) return '';
  return `; did you mean ${known[plain.indexOf(nearest)]}?`;
}

/** numImages, num-images and num_images are the same word. */
function withoutStyle(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}
