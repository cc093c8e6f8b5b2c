/** JSON as people write it: a mistake is found by line and column, and a key given twice is one. */

type ParsedJson =
  | { ok: true; value: unknown }
  /** `line` and `column` count from 1. */
  | { ok: false; message: string; line: number; column: number };

const MAX_DEPTH = 64;

/** Parses `text`; JSON.parse alone often does not say where it stumbled. */
export function parseJson(text: string): ParsedJson {
  try {
    scan(text);
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    const before = text.slice(0, error.offset).split('\n');
    return { ok: false, message: error.message, line: before.length, column: before.at(-1)!.length + 1 };
  }
}

class JsonMistake extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const BLANK = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;

/** Walks the grammar and throws at the first place that does not follow it. */
function scan(text: string): void {
  let offset = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    offset += found?.length ?? 0;
    return found;
  };
  const take = (character: string): boolean => {
    match(BLANK);
    if (text[offset] !== character) return false;
    offset += 1;
    return true;
  };
  const fail = (expected: string): never => {
    const found =
      offset >= text.length
        ? 'the end of the file'
        : JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!));
    throw new JsonMistake(`expected ${expected}, found ${found}`, offset);
  };
  const key = (seen: Set<string>): void => {
    match(BLANK);
    const start = offset;
    const name: string = JSON.parse(match(STRING) ?? fail('a key in double quotes'));
    if (seen.has(name)) throw new JsonMistake(`the key ${JSON.stringify(name)} is given twice`, start);
    seen.add(name);
    if (!take(':')) fail('":"');
  };
  const members = (close: string, depth: number, beforeEach: () => void): void => {
    if (depth > MAX_DEPTH) throw new JsonMistake(`is nested deeper than ${MAX_DEPTH}`, offset);
    if (take(close)) return;
    do {
      beforeEach();
      value(depth);
    } while (take(','));
    if (!take(close)) fail(`"," or "${close}"`);
  };
  const value = (depth: number): void => {
    if (take('{')) {
      const seen = new Set<string>();
      members('}', depth + 1, () => key(seen));
    } else if (take('[')) {
      members(']', depth + 1, () => {});
    } else if (match(STRING) === undefined && match(SCALAR) === undefined) {
      fail('a value');
    }
  };

  value(0);
  match(BLANK);
  if (offset < text.length) fail('the end of the file');
}
