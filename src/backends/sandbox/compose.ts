/** Several pictures in one, in their order, so that one sees that each arrived. */
import sharp from 'sharp';
import type { InputImage } from '../backend.ts';
import type { Size } from '../sizes.ts';
import type { Edits } from './edit-words.ts';
import { fromPixels, type Pixels, toPixels } from './render.ts';

interface Cell extends Size {
  left: number;
  top: number;
}

/** Where each of `count` pictures goes: the first over two thirds, the others in a grid beside or below it. */
export function layOut(count: number, { width, height }: Size): Cell[] {
  if (count === 1) return [{ left: 0, top: 0, width, height }];
  const gap = Math.max(2, Math.round(Math.min(width, height) * 0.008));
  const beside = width >= height;
  const [long, short] = beside ? [width, height] : [height, width];
  const rest = count - 1;
  const lanes = Math.ceil(rest / 4);
  const major = Math.round(long * (lanes > 2 ? 0.5 : 0.64));
  const rows = Math.ceil(rest / lanes);
  const cell = (along: number, across: number, length: number, breadth: number): Cell =>
    beside
      ? { left: along, top: across, width: length, height: breadth }
      : { left: across, top: along, width: breadth, height: length };

  const cells = [cell(0, 0, major, short)];
  for (let at = 0; at < rest; at++) {
    const lane = Math.floor(at / rows);
    const row = at % rows;
    const inLane = Math.min(rows, rest - lane * rows);
    const from = edge(lane, lanes, major + gap, long, gap);
    const start = edge(row, inLane, 0, short, gap);
    cells.push(cell(from.start, start.start, from.length, start.length));
  }
  return cells;
}

/** The part `at` of `count` between two edges, with gaps between the parts and none lost to rounding. */
function edge(at: number, count: number, from: number, to: number, gap: number) {
  const share = (to - from + gap) / count;
  const start = Math.round(from + at * share);
  return { start, length: Math.round(from + (at + 1) * share) - gap - start };
}

/**
 * An input turned as asked, cut to a size. An animated or transparent one has been made plain before.
 * @throws an error of sharp's if it cannot be read.
 */
export async function fitInput(image: InputImage, { width, height }: Size, edits: Edits): Promise<Pixels> {
  const turned =
    edits.turn === 0 ? sharp(image.bytes) : fromPixels(await toPixels(sharp(image.bytes).rotate(edits.turn)));
  return await toPixels(
    turned.flip(edits.upsideDown).flop(edits.mirror).resize({ width, height, fit: 'cover' }),
  );
}

/** Puts pictures of the cells' sizes into their cells. */
export async function placeInCells(
  pictures: readonly Pixels[],
  cells: readonly Cell[],
  size: Size,
): Promise<Pixels> {
  if (pictures.length === 1) return pictures[0]!;
  const ground = sharp({ create: { ...size, channels: 3, background: '#101218' } });
  const layers = pictures.map(({ data, width, height }, at) => ({
    input: data,
    raw: { width, height, channels: 3 as const },
    left: cells[at]!.left,
    top: cells[at]!.top,
  }));
  return await toPixels(ground.composite(layers).removeAlpha());
}
