/** Pictures in a terminal, by the protocol that it understands. */

import sharp, { type Sharp } from 'sharp';
import { image2sixel } from 'sixel';
import { createSupportsTerminalGraphics } from 'supports-terminal-graphics';

export const PROTOCOLS = ['kitty', 'iterm2', 'sixel', 'blocks'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What the terminal behind `stream` shows pictures by, as far as it tells; a multiplexer in between lets none through. */
export function protocolOf(stream: { isTTY?: boolean } = process.stdout): Protocol | undefined {
  const { env } = process;
  if (!stream.isTTY || env.TMUX || env.STY || env.ZELLIJ || env.TERM === 'dumb') return undefined;
  const { kitty, iterm2, sixel } = createSupportsTerminalGraphics(stream);
  // These two know kitty's as well, but show their own better.
  if (iterm2 && /^(iterm\.app|wezterm)$/i.test(env.TERM_PROGRAM ?? '')) return 'iterm2';
  if (kitty) return 'kitty';
  if (iterm2) return 'iterm2';
  return sixel || /^foot/.test(env.TERM ?? '') ? 'sixel' : undefined;
}

export interface Size {
  columns: number;
  rows: number;
}

/** About, where the terminal does not say: a cell is twice as high as wide. */
const CELL = { width: 10, height: 20 };

/** The text that shows an image file within `most` cells, and a line break. */
export async function drawPicture(file: string, protocol: Protocol, most: Size): Promise<string> {
  const { width, height } = (await sharp(file).metadata()).autoOrient;
  const { columns, rows } = cellsOf(width / height, most);
  const image = sharp(file).autoOrient();
  if (protocol === 'blocks') return drawBlocks(image, columns, rows);
  const small = image.resize(columns * CELL.width, rows * CELL.height, { fit: 'inside' });
  if (protocol === 'sixel') return drawSixel(small);
  const png = await small.png().toBuffer();
  return protocol === 'kitty' ? drawKitty(png, columns, rows) : drawITerm2(png, columns);
}

/** The most cells of the picture's own ratio. */
function cellsOf(ratio: number, { columns, rows }: Size): Size {
  const inCells = ratio * (CELL.height / CELL.width);
  const width = Math.min(columns, Math.round(rows * inCells));
  return { columns: Math.max(1, width), rows: Math.max(1, Math.min(rows, Math.round(width / inCells))) };
}

const KITTY_CHUNK = 4096;

function drawKitty(png: Buffer, columns: number, rows: number): string {
  const base64 = png.toString('base64');
  let text = '';
  for (let at = 0; at < base64.length; at += KITTY_CHUNK) {
    const more = at + KITTY_CHUNK < base64.length ? 1 : 0;
    // PNG, to be shown at once, answers are not wanted.
    const keys = at === 0 ? `f=100,a=T,q=2,c=${columns},r=${rows},m=${more}` : `q=2,m=${more}`;
    text += `\u001B_G${keys};${base64.slice(at, at + KITTY_CHUNK)}\u001B\\`;
  }
  return `${text}\n`;
}

const drawITerm2 = (png: Buffer, columns: number): string =>
  `\u001B]1337;File=inline=1;size=${png.length};width=${columns};preserveAspectRatio=1:${png.toString('base64')}\u0007\n`;

async function drawSixel(image: Sharp): Promise<string> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return `${image2sixel(new Uint8Array(data), info.width, info.height, 256)}\n`;
}

/** Two pixels a cell: the upper one is its background, the lower one the half block in front. */
async function drawBlocks(image: Sharp, columns: number, rows: number): Promise<string> {
  const { data, info } = await image
    .resize(columns, rows * 2, { fit: 'fill' })
    .flatten({ background: '#000' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number): string => {
    const at = (y * info.width + x) * info.channels;
    return `${data[at]};${data[at + 1]};${data[at + 2]}`;
  };
  const line = (row: number): string =>
    Array.from(
      { length: columns },
      (_, x) => `\u001B[48;2;${pixel(x, 2 * row)}m\u001B[38;2;${pixel(x, 2 * row + 1)}m▄`,
    ).join('');
  return `${Array.from({ length: rows }, (_, row) => `${line(row)}\u001B[0m\n`).join('')}`;
}
