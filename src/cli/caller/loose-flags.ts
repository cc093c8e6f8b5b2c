/** Parameters of a model whose schema the server does not show: their names and types are taken as they look. */
import type { ValueSchema } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { readLoosely, readValue } from './flag-values.ts';

/** Both are lists of URLs in the API that this one is modelled on. */
const LISTS: Record<string, string> = { image: 'image_urls', video: 'video_urls' };
const FILES: ValueSchema = { type: 'string', format: 'uri' };

/** `--prompt x --num-images 2 --image a.png`; what stands more than once becomes a list. @throws on anything else. */
export function readLooseFlags(words: readonly string[]): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (let at = 0; at < words.length; ) {
    const word = words[at++]!;
    const flag = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word);
    if (!flag) throw new CommandError(`${word} is no option: parameters are written as --name value.`);
    const values = flag[2] === undefined ? [] : [flag[2]];
    while (flag[2] === undefined && at < words.length && !/^--[A-Za-z]/.test(words[at]!))
      values.push(words[at++]!);
    const name = flag[1]!.replaceAll('-', '_');
    add(input, LISTS[name] ?? name, values);
  }
  return input;
}

function add(input: Record<string, unknown>, name: string, texts: string[]): void {
  const isList = /_urls$/.test(name);
  const values = texts.length === 0 ? [true] : texts.map((text) => looseValue(name, text));
  const before = input[name] === undefined ? [] : [input[name]].flat();
  const all = [...before, ...values];
  input[name] = isList || all.length > 1 ? all : all[0];
}

function looseValue(name: string, text: string): unknown {
  // Words stay words: a prompt may well be a number.
  if (name === 'prompt' || name === 'negative_prompt') return text;
  return /_urls?$/.test(name) ? readValue(text, FILES, name) : readLoosely(text);
}
