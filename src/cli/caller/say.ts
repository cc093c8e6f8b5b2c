/** What is said beside the answer: on stderr, so that stdout has the answer alone. */
import { styleText } from 'node:util';

import { printable } from '../printable.ts';

type Style = Parameters<typeof styleText>[0];

/** `text` in colour where stderr shows colours, and NO_COLOR does not forbid it. */
export const coloured = (style: Style, text: string): string =>
  styleText(style, printable(text), { stream: process.stderr });

/** A line of its own. */
export function say(text: string, style?: Style): void {
  process.stderr.write(`${style ? coloured(style, text) : printable(text)}\n`);
}

/** One that is there to be seen only by who looks for it. */
export const mention = (text: string): void => say(text, 'dim');

export const warn = (text: string): void => say(text, 'yellow');
