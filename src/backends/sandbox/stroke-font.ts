/**
 * Letters as strokes, since a machine without fonts draws boxes for text. Each letter is drawn on a grid 4 wide
 * and 6 high; a pair of digits is a point (across, down), points are joined, a space lifts the pen.
 */
const LETTERS: Readonly<Record<string, string>> = {
  A: '062046 1434',
  B: '06003041423303 3344453606',
  C: '4130100105163645',
  D: '00304145360600',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '1030 2026 1636',
  J: '4045361605',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 3446',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016233640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  0: '103041453616050110 1531',
  1: '112026 1636',
  2: '01103041420646',
  3: '01103041423313 334445361605',
  4: '36300444',
  5: '40000333444536 361605',
  6: '4130100105163645443313',
  7: '004016',
  8: '103041423313020110 130405163645443313',
  9: '433303020110304145361605',
  ':': '2122 2425',
  '.': '1626',
  ',': '2516',
  '-': '1333',
  '\u00b7': '2323',
  "'": '2022',
  '"': '1012 3032',
  '!': '2024 2626',
  '?': '0110304142232324 2626',
  '(': '30212536',
  ')': '10212516',
  '/': '4006',
  '&': '4602112031120405162634',
  '+': '2125 0343',
  '%': '4006 0111 3545',
  '#': '1016 3036 0242 0444',
  '=': '0242 0444',
  '\u2026': '0606 2626 4646',
};

const ADVANCE = 6;
/** Small letters are capitals drawn smaller: one alphabet serves for both. */
const SMALL = 0.8;
const SPACE = 3.4;

export interface Lettering {
  /** For a stroke with round ends; starts at (0, 0), top of a capital. */
  path: string;
  /** In the units `height` was given in. */
  width: number;
}

/** Text as a path whose capitals are `height` high. What the font has no letter for is left out. */
export function letter(text: string, height: number): Lettering {
  const unit = height / 6;
  let at = 0;
  let path = '';
  for (const character of text) {
    if (character === ' ') {
      at += SPACE;
      continue;
    }
    const capital = character.toUpperCase();
    const strokes = LETTERS[capital];
    if (strokes === undefined) continue;
    const scale = capital === character ? 1 : SMALL;
    for (const pen of strokes.split(' ')) {
      const points = pen.match(/\d\d/g) ?? [];
      const place = (point: string) =>
        `${round((at + Number(point[0]) * scale) * unit)} ${round((6 - (6 - Number(point[1])) * scale) * unit)}`;
      path += `M${points.map(place).join('L')}`;
      if (points.length === 2 && points[0] === points[1]) path += `l.01 0`;
    }
    at += ADVANCE * scale;
  }
  return { path, width: Math.max(0, at - 2) * unit };
}

/** Whether there is something to draw for a character. */
export function hasLetter(character: string): boolean {
  return character === ' ' || LETTERS[character.toUpperCase()] !== undefined;
}

const round = (value: number) => Math.round(value * 100) / 100;
