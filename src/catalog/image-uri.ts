import type { TextProblem } from './text-problem.ts';

const MAX_URL_CHARACTERS = 4096;
const DATA_URI_HEAD = /^data:image\/[a-z0-9][a-z0-9.+-]{0,63};base64,./i;
// Blanks and control characters: URL parsers drop some of these silently, so that two readers see two addresses.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const NOT_IN_A_URL = /[\s\u0000-\u001f\u007f]/;

/**
 * What is wrong with `value` as an address of an image, or undefined: an absolute `https:`, `http:` or
 * `data:image/…;base64,` URI. Cheap for a data URI of 60 MB: only its head is read, decoding finds the rest.
 * Whether an address may be fetched is decided when it is.
 */
export function imageUriProblem(value: string): TextProblem | undefined {
  if (/^data:/i.test(value)) return dataUriProblem(value);
  if (value.length > MAX_URL_CHARACTERS) {
    return {
      msg: `must have at most ${MAX_URL_CHARACTERS} characters unless it is a data URI`,
      type: 'maxLength',
    };
  }
  if (
    !/^https?:\/\//i.test(value) ||
    NOT_IN_A_URL.test(value) ||
    !value.isWellFormed() ||
    !URL.canParse(value)
  ) {
    return { msg: 'must be an https: URL or a data:image/…;base64, URI', type: 'format' };
  }
  return undefined;
}

function dataUriProblem(value: string): TextProblem | undefined {
  const head = value.slice(0, 128);
  // Not a regular expression over the whole: these two are the fast ones, and what the database cannot store.
  if (DATA_URI_HEAD.test(head) && !value.includes('\u0000') && value.isWellFormed()) return undefined;
  return { msg: 'must be a data URI of an image in base64: data:image/png;base64,…', type: 'format' };
}
