import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { decode } from 'sixel';
import { beforeAll, expect, test } from 'vitest';
import { drawPicture, protocolOf } from './terminal-picture.ts';

let file: string;
beforeAll(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'darkroom-picture-')), 'wide.webp');
  await sharp({ create: { width: 800, height: 200, channels: 3, background: '#ff0000' } })
    .webp({ lossless: true })
    .toFile(file);
});

const MOST = { columns: 40, rows: 10 };
const png = async (base64: string) => sharp(Buffer.from(base64, 'base64')).metadata();

test('kitty gets a PNG in pieces, with the cells it is to fill', async () => {
  const text = await drawPicture(file, 'kitty', MOST);
  const pieces = text
    .split('\u001b_G')
    .slice(1)
    .map((piece) => piece.slice(0, piece.indexOf('\u001b\\')).split(';') as [string, string]);
  expect(pieces[0]![0]).toMatch(/^f=100,a=T,q=2,c=40,r=5,m=/);
  expect(pieces.every(([, data]) => data.length <= 4096)).toBe(true);
  expect(pieces.at(-1)![0]).toMatch(/m=0$/);
  expect(await png(pieces.map(([, data]) => data).join(''))).toMatchObject({ format: 'png', width: 400 });
});

test('iTerm2 and WezTerm get a PNG inline', async () => {
  const text = await drawPicture(file, 'iterm2', MOST);
  const [keys, data] = text.slice(0, text.indexOf('\u0007')).split(':') as [string, string];
  const bytes = Buffer.from(data, 'base64').length;
  expect(keys).toBe(`\u001b]1337;File=inline=1;size=${bytes};width=40;preserveAspectRatio=1`);
  expect(await png(data)).toMatchObject({ width: 400, height: 100 });
});

test('sixel terminals get its pixels', async () => {
  const text = await drawPicture(file, 'sixel', MOST);
  const { width, height, data32 } = decode(text.slice(text.indexOf('q') + 1, text.lastIndexOf('\u001b')));
  expect([width, height]).toEqual([400, 100]);
  expect(data32[0]! & 0xffffff).toBe(0x0000ff);
});

test('all others can be shown two pixels a character', async () => {
  const lines = (await drawPicture(file, 'blocks', MOST)).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  expect(lines[0]!.match(/▄/g)).toHaveLength(40);
  expect(lines[0]).toContain('\u001b[48;2;255;0;0m\u001b[38;2;255;0;0m▄');
});

test.each([
  [{ TERM: 'xterm-kitty' }, 'kitty'],
  [{ TERM_PROGRAM: 'ghostty' }, 'kitty'],
  [{ TERM_PROGRAM: 'iTerm.app', TERM_PROGRAM_VERSION: '3.6.5' }, 'iterm2'],
  [{ TERM_PROGRAM: 'WezTerm', TERM_PROGRAM_VERSION: '20240203-110809-5046fc22' }, 'iterm2'],
  [{ TERM_PROGRAM: 'vscode', TERM_PROGRAM_VERSION: '1.106.0' }, 'iterm2'],
  [{ TERM: 'foot' }, 'sixel'],
  [{ TERM: 'xterm-256color' }, undefined],
  [{ TERM: 'xterm-kitty', TMUX: '/tmp/tmux' }, undefined],
  [{ TERM: 'dumb' }, undefined],
])('%o is shown pictures by %s', (env, protocol) => {
  const before = process.env;
  process.env = env;
  try {
    expect(protocolOf({ isTTY: true })).toBe(protocol);
    expect(protocolOf({ isTTY: false })).toBe(undefined);
  } finally {
    process.env = before;
  }
});
