/** What is wrong with a string, as a violation says it. */
export interface TextProblem {
  msg: string;
  type: string;
}

// C0 but tab, line feed and carriage return; DEL; C1. PostgreSQL cannot store the first of them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** What is wrong with `value` as a text, or undefined: neither lone surrogates nor control characters. */
export function textProblem(value: string): TextProblem | undefined {
  if (!value.isWellFormed()) return { msg: 'must be well-formed Unicode', type: 'well_formed' };
  const found = CONTROL_CHARACTER.exec(value)?.[0];
  if (found === undefined) return undefined;
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return { msg: `must not contain control characters (found U+${code})`, type: 'control_character' };
}

/** As `textProblem`, for a text that must say something. */
export function requiredTextProblem(value: string): TextProblem | undefined {
  return value.trim() === '' ? { msg: 'must not be blank', type: 'blank' } : textProblem(value);
}

/** `value` fit to be stored and shown: what `textProblem` minds replaced, and bounded. For names callers made up. */
export function harmless(value: string, maxCharacters = 64): string {
  const short = value.length > maxCharacters ? `${value.slice(0, maxCharacters - 1)}…` : value;
  return short.toWellFormed().replaceAll(new RegExp(CONTROL_CHARACTER, 'g'), '\ufffd');
}
