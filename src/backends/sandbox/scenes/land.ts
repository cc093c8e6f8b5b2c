/** Ridges, trees, water: what landscapes are layered from. */
import { mix } from '../colours.ts';
import { between, type Random } from '../random.ts';
import { rect, type Stage } from '../stage.ts';
import { box, curve, fill, line, n, type Point, stroke } from '../svg.ts';

/** A skyline of hills: waves of halving height. `rough` 0 is rolling, 1 rugged. */
export function ridge(
  random: Random,
  width: number,
  base: number,
  amplitude: number,
  rough: number,
): Point[] {
  const waves = [1, 2, 3, 4, 5, 6].map((octave) => ({
    length: between(random, 1.1, 1.8) * 2 ** (octave - 1),
    phase: random() * Math.PI * 2,
    height: octave === 1 ? 1 : (0.16 + 0.4 * rough) ** (octave - 1) * 1.1,
  }));
  const steps = Math.round(40 + 110 * rough);
  return Array.from({ length: steps + 1 }, (_, step): Point => {
    const along = step / steps;
    const height = waves.reduce((sum, wave) => {
      const swing = Math.sin(along * wave.length * Math.PI * 2 + wave.phase);
      // Folded waves have sharp crests, as rock has.
      return sum + wave.height * (rough > 0.5 ? 1 - 2 * Math.abs(swing) : swing);
    }, 0);
    return [along * width, base - height * amplitude * 0.55];
  });
}

/** The land below a skyline. */
export function below(points: readonly Point[], bottom: number, smooth = true): string {
  const last = points.at(-1)!;
  return `${smooth ? curve(points) : line(points)}L${n(last[0])} ${n(bottom)}L${n(points[0]![0])} ${n(bottom)}z`;
}

/** Height of a skyline at `x`. */
export function heightAt(points: readonly Point[], x: number): number {
  const next = points.findIndex(([at]) => at >= x);
  if (next <= 0) return points[next === 0 ? 0 : points.length - 1]![1];
  const [x1, y1] = points[next - 1]!;
  const [x2, y2] = points[next]!;
  return y1 + ((y2 - y1) * (x - x1)) / (x2 - x1);
}

/** Colour of layer `at` of `count`, the farthest first. */
export function layerColour({ palette }: Stage, at: number, count: number): string {
  return mix(palette.far, palette.near, count === 1 ? 1 : (at / (count - 1)) ** 0.9);
}

/** A fir, as one path. */
export function fir(random: Random, x: number, foot: number, height: number): string {
  const tiers = 5;
  const half = height * between(random, 0.17, 0.23);
  const left: Point[] = [];
  const right: Point[] = [];
  for (let tier = 0; tier < tiers; tier++) {
    const top = tier / tiers;
    const end = (tier + 1) / tiers;
    const y = (share: number) => foot - height * (1 - share * 0.93);
    left.push([x - half * top * 0.45, y(top)], [x - half * end * between(random, 0.85, 1.1), y(end + 0.02)]);
    right.push([x + half * top * 0.45, y(top)], [x + half * end * between(random, 0.85, 1.1), y(end + 0.02)]);
  }
  const trunk = box(x - height * 0.018, foot - height * 0.09, height * 0.036, height * 0.09);
  return `${line([...left, ...right.reverse()])}z${trunk}`;
}

/** Firs along a skyline, as one path. */
export function firs(random: Random, points: readonly Point[], every: number, height: number): string {
  const width = points.at(-1)![0];
  let path = '';
  for (let x = -every * random(); x < width + every; x += every * between(random, 0.5, 1.5)) {
    path += fir(random, x, heightAt(points, x) + height * 0.12, height * between(random, 0.55, 1.15));
  }
  return path;
}

/** Still water with a broken path of light under `lightX`. */
export function water(stage: Stage, top: number, lightX: number | undefined): string {
  const { width, height, palette, gradients, random, words } = stage;
  const [, middle, low, edge] = palette.sky;
  const deep = mix(palette.near, middle, words.time === 'day' ? 0.35 : 0.2);
  const parts = [
    rect(
      0,
      top,
      width,
      height - top,
      gradients.linear([
        [0, mix(edge, low, 0.4)],
        [0.25, mix(low, middle, 0.5)],
        [1, deep],
      ]),
    ),
  ];
  parts.push(ripples(stage, top, edge));
  if (lightX !== undefined) {
    let path = '';
    for (let y = top + 3; y < height; ) {
      const share = (y - top) / (height - top);
      const reach = 12 + share * 120;
      for (let dash = 0; dash < 3; dash++) {
        const half = between(random, 6, 14 + 46 * share);
        const x = lightX + (random() + random() - 1) * reach;
        path += lens(x, y + between(random, -2, 2), half, 1 + 2.6 * share);
      }
      y += 5 + 15 * share;
    }
    parts.push(fill(path, palette.sun, words.time === 'night' ? 0.5 : 0.72));
  }
  return parts.join('');
}

function ripples({ random, width, height }: Stage, top: number, colour: string): string {
  let path = '';
  for (let at = 0; at < 90; at++) {
    const share = random() ** 1.5;
    path += lens(
      width * random(),
      top + 4 + share * (height - top),
      between(random, 12, 40 + 80 * share),
      0.5 + 1.3 * share,
    );
  }
  return fill(path, colour, 0.28);
}

/** A flat spark of light, pointed at both ends. */
export function lens(x: number, y: number, half: number, thick: number): string {
  return `M${n(x - half)} ${n(y)}Q${n(x)} ${n(y - thick)} ${n(x + half)} ${n(y)}Q${n(x)} ${n(y + thick)} ${n(x - half)} ${n(y)}z`;
}

/** A band of mist, strongest in its middle. */
export function mist(stage: Stage, top: number, depth: number, colour: string, opacity: number): string {
  return rect(
    0,
    top,
    stage.width,
    depth,
    stage.gradients.linear([
      [0, colour, 0],
      [0.55, colour, opacity],
      [1, colour, 0],
    ]),
  );
}

/** Birds far away. */
export function birds({ random, width, height, palette }: Stage, top = 0.14, bottom = 0.4): string {
  let path = '';
  const x = width * between(random, 0.2, 0.7);
  const y = height * between(random, top, bottom);
  for (let at = 0; at < 6; at++) {
    const size = between(random, 5, 10);
    const left = x + (at - 3) * 24 + between(random, -12, 12);
    const high = y + Math.abs(at - 2) * 9 + between(random, -6, 6);
    path += `M${n(left - size)} ${n(high - size * 0.4)}q${n(size * 0.6)} ${n(-size * 0.3)} ${n(size)} ${n(size * 0.5)}q${n(size * 0.4)} ${n(-size * 0.8)} ${n(size)} ${n(-size * 0.5)}`;
  }
  return stroke(path, palette.near, 1.8, 0.8);
}

/** Grass blades and stems along the lower edge. */
export function grass(
  stage: Stage,
  colour: string,
  height: number,
  count: number,
  base = stage.height,
): string {
  const { random, width } = stage;
  let path = '';
  for (let at = 0; at < count; at++) {
    const x = width * random();
    const tall = height * between(random, 0.4, 1);
    const lean = between(random, -0.35, 0.35) * tall;
    path += `M${n(x - 2.5)} ${n(base + 4)}Q${n(x)} ${n(base - tall * 0.6)} ${n(x + lean)} ${n(base - tall)}Q${n(x + 3)} ${n(base - tall * 0.5)} ${n(x + 3)} ${n(base + 4)}z`;
  }
  return fill(path, colour);
}
