/** Just enough to read examples by: strings, numbers, words of the language, comments. */

export type CodeLanguage = 'json' | 'shell' | 'javascript' | 'python' | 'text';

export interface Token {
  kind?: 'string' | 'number' | 'keyword' | 'property' | 'comment';
  text: string;
}

const NUMBER = String.raw`(?<number>(?<![\w$])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)`;
const DOUBLE = String.raw`"(?:[^"\\]|\\.)*"`;
const SINGLE = String.raw`'(?:[^'\\]|\\.)*'`;
const word = (words: string): string => String.raw`(?<keyword>(?<![\w$.-])(?:${words})(?![\w-]))`;

const PATTERNS: Record<CodeLanguage, string | undefined> = {
  json: [
    String.raw`(?<property>${DOUBLE}(?=\s*:))`,
    `(?<string>${DOUBLE})`,
    NUMBER,
    word('true|false|null'),
  ].join('|'),
  shell: [
    String.raw`(?<comment>(?<=^|\s)#.*)`,
    `(?<string>${DOUBLE}|'[^']*')`,
    String.raw`(?<property>(?<=\s)--?[a-zA-Z][\w-]*)`,
    word('curl|export|npm|npx|node|darkroom|python|pip'),
  ].join('|'),
  javascript: [
    String.raw`(?<comment>//.*|/\*[\s\S]*?\*/)`,
    `(?<string>${DOUBLE}|${SINGLE}|\`(?:[^\`\\\\]|\\\\.)*\`)`,
    NUMBER,
    word(
      'import|from|export|const|let|await|async|function|return|new|if|else|for|of|in|while|try|catch|throw|true|false|null|undefined|type',
    ),
  ].join('|'),
  python: [
    '(?<comment>#.*)',
    `(?<string>${DOUBLE}|${SINGLE})`,
    NUMBER,
    word(
      'import|from|as|def|return|if|elif|else|for|in|while|try|except|raise|with|class|await|async|True|False|None|print',
    ),
  ].join('|'),
  text: undefined,
};

/** The pieces of `code`, which together are all of it. */
export function highlight(code: string, language: CodeLanguage): Token[] {
  const pattern = PATTERNS[language];
  if (pattern === undefined) return [{ text: code }];
  const tokens: Token[] = [];
  let end = 0;
  for (const match of code.matchAll(new RegExp(pattern, 'gm'))) {
    if (match.index > end) tokens.push({ text: code.slice(end, match.index) });
    const kind = Object.entries(match.groups!).find(([, text]) => text !== undefined)![0] as NonNullable<
      Token['kind']
    >;
    tokens.push({ kind, text: match[0] });
    end = match.index + match[0].length;
  }
  if (end < code.length) tokens.push({ text: code.slice(end) });
  return tokens;
}
