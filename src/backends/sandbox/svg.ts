/**
 * Pieces of SVG as strings. Everything is filled with colours and gradients that carry their own opacity:
 * `opacity` on an element, filters and masks make the renderer keep a second picture, seconds at 4K.
 */

type Stop = readonly [offset: number, colour: string, opacity?: number];

/** Gradients of one picture, each written once however often it is used. */
export interface Gradients {
  /** From (x1, y1) to (x2, y2) of the shape's box; downwards unless told. */
  linear(stops: readonly Stop[], line?: readonly [x1: number, y1: number, x2: number, y2: number]): string;
  radial(stops: readonly Stop[]): string;
  toString(): string;
}

export function createGradients(): Gradients {
  const ids = new Map<string, string>();
  const use = (open: string, close: string, stops: readonly Stop[]) => {
    const inner = stops
      .map(([offset, colour, opacity = 1]) => {
        const see = opacity === 1 ? '' : ` stop-opacity="${Math.round(opacity * 1000) / 1000}"`;
        return `<stop offset="${offset}" stop-color="${colour}"${see}/>`;
      })
      .join('');
    const key = `${open}>${inner}${close}`;
    if (!ids.has(key)) ids.set(key, `g${ids.size}`);
    return `url(#${ids.get(key)})`;
  };
  return {
    linear: (stops, [x1, y1, x2, y2] = [0, 0, 0, 1]) =>
      use(`<linearGradient x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"`, '</linearGradient>', stops),
    radial: (stops) => use('<radialGradient', '</radialGradient>', stops),
    toString: () => [...ids].map(([key, id]) => key.replace(/^<(\w+)/, `<$1 id="${id}"`)).join(''),
  };
}

/** A number as short as a picture needs it. */
export const n = (value: number) => String(Math.round(value * 10) / 10);

export type Point = readonly [x: number, y: number];

export const line = (points: readonly Point[]) => `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}`;

/** A smooth open curve through the points. */
export function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let from = first;
  let path = `M${n(first[0])} ${n(first[1])}`;
  rest.forEach((to, at) => {
    const before = points[at - 1] ?? from;
    const after = points[at + 2] ?? to;
    const c1 = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6] as const;
    const c2 = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6] as const;
    path += `C${n(c1[0])} ${n(c1[1])} ${n(c2[0])} ${n(c2[1])} ${n(to[0])} ${n(to[1])}`;
    from = to;
  });
  return path;
}

export const dot = (x: number, y: number, r: number) =>
  `M${n(x - r)} ${n(y)}a${n(r)} ${n(r)} 0 1 0 ${n(2 * r)} 0a${n(r)} ${n(r)} 0 1 0 ${n(-2 * r)} 0z`;

export const box = (x: number, y: number, width: number, height: number) =>
  `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`;

export function fill(path: string, colour: string, opacity = 1): string {
  const see = opacity === 1 ? '' : ` fill-opacity="${Math.round(opacity * 1000) / 1000}"`;
  return path && `<path d="${path}" fill="${colour}"${see}/>`;
}

export function stroke(path: string, colour: string, width: number, opacity = 1): string {
  const see = opacity === 1 ? '' : ` stroke-opacity="${Math.round(opacity * 1000) / 1000}"`;
  return (
    path &&
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="${Math.round(width * 100) / 100}"${see} stroke-linecap="round" stroke-linejoin="round"/>`
  );
}

export const group = (transform: string, inner: string) => `<g transform="${transform}">${inner}</g>`;
