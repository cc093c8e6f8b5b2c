/** A size in pixels as the ratio and resolution that models know. */

export interface Size {
  width: number;
  height: number;
}

export function readSize(text: string): Size {
  const [width, height] = text.split('x').map(Number);
  return { width: width!, height: height! };
}

/** Models round to what they can make: 1376×768 is their 16:9. */
const MOST_OFF = 0.03;

/** The ratio among `known` (`16:9`, …) that the size has, give or take a little. */
export function ratioOf({ width, height }: Size, known: readonly string[]): string | undefined {
  const nearest = nearestBy(known.filter(isRatio), (ratio) => offBy(width / height, quotient(ratio)));
  return nearest !== undefined && offBy(width / height, quotient(nearest)) <= MOST_OFF ? nearest : undefined;
}

/** `2560:1440` is `16:9`, if the model calls it that. */
export function knownRatio(ratio: string, known: readonly string[]): string | undefined {
  if (known.includes(ratio)) return ratio;
  return known.filter(isRatio).find((other) => Math.abs(quotient(other) - quotient(ratio)) < 1e-9);
}

/** The resolution among `known` (`0.5K`, `1K`, …) that is nearest in pixels; 1K is as much as 1024×1024. */
export function resolutionOf({ width, height }: Size, known: readonly string[]): string | undefined {
  const thousands = Math.sqrt(width * height) / 1024;
  return nearestBy(
    known.filter((name) => /^[\d.]+K$/.test(name)),
    (name) => offBy(thousands, Number.parseFloat(name)),
  );
}

const isRatio = (name: string): boolean => /^\d+:\d+$/.test(name);

function quotient(ratio: string): number {
  const [width, height] = ratio.split(':').map(Number);
  return width! / height!;
}

const offBy = (one: number, other: number): number => Math.abs(Math.log(one / other));

function nearestBy(names: readonly string[], distance: (name: string) => number): string | undefined {
  return [...names].sort((a, b) => distance(a) - distance(b))[0];
}
