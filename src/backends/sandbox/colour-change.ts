/** Changes of colour that are one multiplication and one addition a pixel, so that many cost as much as one. */
import { fromPixels, type Pixels, toPixels } from './render.ts';

type Row = readonly [number, number, number];

/** New red is `rows[0]` times the old red, green and blue, plus `add[0]` (of 255); green and blue alike. */
export interface ColourChange {
  rows: readonly [Row, Row, Row];
  add: Row;
}

/** The eye's weights of red, green and blue. */
const LUMA: Row = [0.299, 0.587, 0.114];

export const scaled = (red: number, green: number, blue: number, add: Row = [0, 0, 0]): ColourChange => ({
  rows: [
    [red, 0, 0],
    [0, green, 0],
    [0, 0, blue],
  ],
  add,
});

/** 0 is grey, 1 as it is, more is more. */
export function saturated(amount: number): ColourChange {
  const row = (at: number) => LUMA.map((weight, from) => weight * (1 - amount) + (at === from ? amount : 0));
  return { rows: [0, 1, 2].map(row) as unknown as ColourChange['rows'], add: [0, 0, 0] };
}

/** Away from middle grey. */
export const contrasted = (amount: number): ColourChange => {
  const add = 128 * (1 - amount);
  return scaled(amount, amount, amount, [add, add, add]);
};

export const SEPIA: ColourChange = {
  rows: [
    [0.393, 0.769, 0.189],
    [0.349, 0.686, 0.168],
    [0.272, 0.534, 0.131],
  ],
  add: [0, 0, 0],
};

export const GREY = saturated(0);
export const INVERTED = scaled(-1, -1, -1, [255, 255, 255]);

/** One change after another, as one. */
export function inTurn(changes: readonly ColourChange[]): ColourChange | undefined {
  return changes.reduce<ColourChange | undefined>(
    (first, second) => (first ? after(first, second) : second),
    undefined,
  );
}

function after(first: ColourChange, second: ColourChange): ColourChange {
  const dot = (row: Row, column: number) =>
    row.reduce((sum, value, at) => sum + value * first.rows[at]![column]!, 0);
  const rows = second.rows.map((row) => [0, 1, 2].map((column) => dot(row, column)));
  const add = second.rows.map((row, at) =>
    row.reduce((sum, value, from) => sum + value * first.add[from]!, second.add[at]!),
  );
  return { rows, add } as unknown as ColourChange;
}

export async function changeColours(picture: Pixels, change: ColourChange | undefined): Promise<Pixels> {
  if (!change) return picture;
  const { rows, add } = change;
  const image = fromPixels(picture).recomb(
    rows.map((row) => [...row]) as [
      [number, number, number],
      [number, number, number],
      [number, number, number],
    ],
  );
  return await toPixels(add.every((value) => value === 0) ? image : image.linear([1, 1, 1], [...add]));
}
