/** A meadow in flower. */
import { darken, lighten, mix, turnHue } from '../colours.ts';
import { between } from '../random.ts';
import type { Stage } from '../stage.ts';
import { dot, fill, n, stroke } from '../svg.ts';
import { below, birds, grass, layerColour, mist, ridge } from './land.ts';
import { sky } from './sky.ts';
import { sparks } from './sparks.ts';

export function flowers(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const horizon = height * 0.5;
  const parts = [sky(stage, { horizon: height * 0.6 })];
  for (let at = 0; at < 3; at++) {
    const points = ridge(random, width, horizon + at * height * 0.04, height * 0.05, 0.15);
    const colour = mix(layerColour(stage, at, 5), palette.green, 0.35 + at * 0.2);
    parts.push(fill(below(points, height), colour), mist(stage, horizon, height * 0.14, palette.sky[3], 0.3));
  }
  const meadow = ridge(random, width, height * 0.62, height * 0.03, 0.1);
  const ground = words.time === 'night' ? darken(palette.green, 0.35) : mix(palette.green, '#5f9a4c', 0.42);
  parts.push(
    fill(
      below(meadow, height),
      gradients.linear([
        [0, lighten(ground, 0.12)],
        [1, darken(ground, 0.6)],
      ]),
    ),
  );
  const kinds = [
    palette.accent,
    palette.other,
    turnHue(palette.accent, 28),
    mix(palette.accent, '#ffffff', 0.55),
  ];
  // Far ones are dots; each row nearer is larger and fewer.
  for (let row = 0; row < 9; row++) {
    const share = row / 8;
    const y = height * (0.635 + 0.3 * share ** 1.4);
    const size = 2.4 + 36 * share ** 1.8;
    const count = Math.round(Math.min(width / 9, (width / (size * 2.5)) * (row > 6 ? 0.7 : 1)));
    parts.push(
      grass(
        stage,
        mix(lighten(ground, 0.05), darken(ground, 0.62), share),
        size * 4.4,
        Math.round(count * 1.6),
        y + size * 3.4,
      ),
    );
    const blooms = kinds.map(() => '');
    let hearts = '';
    let stems = '';
    for (let at = 0; at < count; at++) {
      const x = width * random();
      const top = y + between(random, -0.5, 0.8) * size;
      const kind = Math.floor(random() * kinds.length);
      blooms[kind] +=
        size < 7 ? dot(x, top, size) : bloom(random() * 6, x, top, size * between(random, 0.75, 1.1));
      if (size >= 7) {
        hearts += dot(x, top, size * 0.27);
        stems += `M${n(x)} ${n(top)}q${n(between(random, -8, 8))} ${n(size * 2)} ${n(between(random, -5, 5))} ${n(size * 4.5)}`;
      }
    }
    parts.push(stroke(stems, darken(ground, 0.35), 1 + size * 0.09));
    parts.push(
      blooms
        .map((bunch, kind) => fill(bunch, mix(kinds[kind]!, palette.sky[1], 0.35 * (1 - share))))
        .join(''),
    );
    parts.push(fill(hearts, mix(palette.near, '#3a2418', 0.5)));
  }
  if (words.time === 'night' || words.glowing) parts.push(sparks(stage, 26, 0.4, 0.95));
  else parts.push(birds(stage, 0.1, 0.28));
  return parts.join('');
}

/** Six petals around a heart, seen a little from the side. */
function bloom(turn: number, x: number, y: number, size: number): string {
  let petals = '';
  for (let at = 0; at < 6; at++) {
    const angle = turn + (at * Math.PI) / 3;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle) * 0.82];
    const [px, py] = [-Math.sin(angle), Math.cos(angle) * 0.82];
    const at1 = [x + size * (cos * 0.75 + px * 0.52), y + size * (sin * 0.75 + py * 0.52)] as const;
    const at2 = [x + size * (cos * 0.75 - px * 0.52), y + size * (sin * 0.75 - py * 0.52)] as const;
    const tip = [x + size * cos * 1.05, y + size * sin * 1.05] as const;
    petals += `M${n(x)} ${n(y)}Q${n(at1[0])} ${n(at1[1])} ${n(tip[0])} ${n(tip[1])}Q${n(at2[0])} ${n(at2[1])} ${n(x)} ${n(y)}z`;
  }
  return petals;
}
