/** A wood of firs, with light or fireflies between them. */
import { darken, mix } from '../colours.ts';
import { between } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { fill, n } from '../svg.ts';
import { below, firs, grass, mist, ridge } from './land.ts';
import { placeSun, sky } from './sky.ts';
import { sparks } from './sparks.ts';

export function forest(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const night = words.time === 'night';
  const sun = { ...placeSun(stage, height * 0.8), y: height * between(random, 0.24, 0.4) };
  const air = mix(mix(palette.sky[3], palette.sun, night ? 0 : 0.35), palette.green, night ? 0.3 : 0.16);
  const parts = [
    sky(stage, { horizon: height, sun, clouds: false }),
    rect(
      0,
      0,
      width,
      height,
      gradients.linear([
        [0, mix(air, palette.green, 0.4), 0.35],
        [0.5, air, 0.7],
        [1, air, 0.95],
      ]),
    ),
  ];
  const near = mix(palette.near, darken(palette.green, 0.55), 0.72);
  const layers = 5;
  for (let at = 0; at < layers; at++) {
    const share = at / (layers - 1);
    const base = height * (0.54 + 0.35 * share);
    const colour = mix(mix(air, palette.green, 0.45), near, share ** 1.1);
    const points = ridge(random, width, base, height * 0.04, 0.25);
    const tall = height * (0.17 + 0.33 * share);
    const paint = words.snow ? mix(colour, '#e9f1f8', 0.4 - share * 0.25) : colour;
    // The wood opens in the middle, so that the light has a way in.
    const fade = gradients.linear([
      [0, paint],
      [0.45, mix(paint, air, 0.12)],
      [1, mix(paint, air, share < 1 ? 0.8 : 0.1)],
    ]);
    parts.push(fill(firs(random, points, 30 + 74 * share, tall), fade));
    parts.push(fill(below(points, height), mix(paint, air, share < 1 ? 0.72 : 0)));
    if (at < layers - 1)
      parts.push(mist(stage, base - height * 0.1, height * 0.26, air, words.mist ? 0.8 : 0.55));
    if (at === 1)
      parts.push(glow(stage, sun.x, base - height * 0.12, width * 0.36, palette.sun, night ? 0.12 : 0.5));
    if (at === 2 && !night && !words.rain) parts.push(shafts(stage, sun.x, sun.y));
  }
  parts.push(trunks(stage, near));
  parts.push(grass(stage, darken(near, 0.35), 60, Math.round(width / 7)));
  if (night || words.glowing) parts.push(sparks(stage, 34, 0.45, 0.95));
  return parts.join('');
}

function shafts({ width, height, random, palette, gradients }: Stage, x: number, y: number): string {
  const paint = gradients.linear([
    [0, palette.sun, 0.34],
    [1, palette.sun, 0],
  ]);
  let path = '';
  for (let at = 0; at < 6; at++) {
    const foot = width * between(random, -0.1, 1.1);
    const half = between(random, 14, 50);
    path += `M${n(x - 8)} ${n(y - 40)}L${n(foot - half)} ${n(height)}h${n(half * 2)}L${n(x + 8)} ${n(y - 40)}z`;
  }
  return fill(path, paint);
}

function trunks({ width, height, random }: Stage, colour: string): string {
  let shape = '';
  let branches = '';
  for (const side of [0, 1]) {
    for (let at = 0; at < 3; at++) {
      const x = side ? width - at * 95 - between(random, 10, 50) : at * 95 + between(random, 10, 50);
      const half = between(random, 13, 26) * (1 - at * 0.24);
      shape += `M${n(x - half)} ${-5}L${n(x + half)} ${-5}Q${n(x + half * 0.9)} ${n(height * 0.8)} ${n(x + half * 2.4)} ${n(height + 5)}H${n(x - half * 2.4)}Q${n(x - half * 0.9)} ${n(height * 0.8)} ${n(x - half)} ${-5}z`;
      for (let branch = 0; branch < 4; branch++) {
        const y = height * between(random, 0.05, 0.5);
        const way = random() < 0.5 ? -1 : 1;
        const reach = way * between(random, 50, 130);
        branches += `M${n(x)} ${n(y + 8)}Q${n(x + reach * 0.5)} ${n(y - 6)} ${n(x + reach)} ${n(y - 40)}Q${n(x + reach * 0.5)} ${n(y - 14)} ${n(x)} ${n(y - 6)}z`;
      }
    }
  }
  return fill(branches, darken(colour, 0.25)) + fill(shape, darken(colour, 0.25));
}
