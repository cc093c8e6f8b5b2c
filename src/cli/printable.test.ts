import { expect, test } from 'vitest';
import { oneLine, printable } from './printable.ts';
import { table } from './table.ts';

const HOSTILE = 'a\u001b]0;title\u0007b\u009b31mc\r\nd\u0000\te 狐 🦊';

test('what others have written cannot command the terminal', () => {
  expect(printable(HOSTILE)).toBe('a]0;titleb31mc\nd\te 狐 🦊');
  expect(oneLine(HOSTILE)).toBe('a]0;titleb31mc d e 狐 🦊');
});

test('a table has a line for each row, whatever is in its cells', () => {
  expect(table(['ID', 'PROMPT'], [['1', HOSTILE]])).toBe('ID  PROMPT\n1   a]0;titleb31mc d e 狐 🦊\n');
});
