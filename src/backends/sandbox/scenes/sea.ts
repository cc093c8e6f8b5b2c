/** Open water with a sail or a lighthouse. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { box, curve, fill, group, n, type Point } from '../svg.ts';
import { below, birds, lens, ridge, water } from './land.ts';
import { placeSun, sky } from './sky.ts';

export function sea(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const horizon = height * between(random, 0.5, 0.58);
  const sun = placeSun(stage, horizon);
  if (words.time !== 'night' && words.time !== 'day')
    sun.y = horizon - sun.radius * between(random, 0.2, 1.2);
  const parts = [sky(stage, { horizon, sun })];
  const coast = ridge(random, width, horizon, height * 0.05, 0.5).map(
    ([x, y]): Point => [x, Math.min(y, horizon + 1)],
  );
  parts.push(fill(below(coast, horizon + 1), mix(palette.far, palette.sky[2], 0.35)));
  parts.push(water(stage, horizon, sun.x));
  const landmark = pick(random, [lighthouse, sailboat, sailboat]);
  if (words.has('lighthouse faro 燈塔 灯塔')) parts.push(lighthouse(stage, horizon));
  else if (words.has('boat ship sailboat sailing barca nave 船')) parts.push(sailboat(stage, horizon));
  else parts.push(landmark(stage, horizon));
  const waves = 4;
  for (let at = 0; at < waves; at++) {
    const base = height * (0.8 + 0.065 * at);
    const points = ridge(random, width, base, 13 + at * 5, 0.12);
    const colour = mix(mix(palette.sky[1], palette.sky[2], 0.35), palette.near, 0.12 + at * 0.2);
    parts.push(
      fill(
        below(points, height),
        gradients.linear([
          [0, lighten(colour, 0.16), 0.92],
          [0.5, colour],
        ]),
      ),
    );
    parts.push(crests(stage, points, mix(palette.sky[3], '#ffffff', 0.5)));
  }
  parts.push(birds(stage, 0.1, 0.3));
  return parts.join('');
}

/** Foam on a wave: where it is high, thick in the middle and gone at the ends. */
function crests({ random }: Stage, points: readonly Point[], colour: string): string {
  let foam = '';
  for (let at = 2; at < points.length - 6; at += 3 + Math.floor(random() * 4)) {
    const run = points.slice(at, at + 4 + Math.floor(random() * 3));
    const back = run
      .map(([x, y], step): Point => [x, y + 5 * Math.sin((step / (run.length - 1)) * Math.PI)])
      .reverse();
    foam += `${curve(run)}L${curve(back).slice(1)}z`;
  }
  return fill(foam, colour, 0.75);
}

function sailboat({ width, random, palette }: Stage, horizon: number): string {
  const hull = darken(palette.near, 0.1);
  const x = width * between(random, 0.25, 0.75);
  const size = between(random, 0.8, 1.3);
  return group(
    `translate(${n(x)} ${n(horizon + 46)}) scale(${n(size)})`,
    [
      fill('M3 -124L3 -14L66 -14Q48 -78 3 -124z', mix('#fff7ea', palette.accent, 0.12)),
      fill('M-4 -104L-4 -14L-46 -14Q-28 -66 -4 -104z', mix('#fff7ea', palette.accent, 0.45)),
      fill('M-54 -9H72Q62 14 36 15H-28Q-48 12 -54 -9z', hull),
      fill(box(-2, -128, 3, 122), hull),
      fill(lens(6, 20, 80, 5) + lens(0, 30, 54, 4) + lens(10, 40, 34, 3), hull, 0.4),
    ].join(''),
  );
}

function lighthouse(stage: Stage, horizon: number): string {
  const { width, random, palette, gradients, words } = stage;
  const right = random() < 0.5;
  const x = right ? width * 0.8 : width * 0.2;
  const way = right ? -1 : 1;
  const rock = darken(palette.near, 0.05);
  const top = horizon - 190;
  const beam = gradients.linear(
    [
      [0, palette.lamp, 0.5],
      [1, palette.lamp, 0],
    ],
    right ? [1, 0, 0, 0] : [0, 0, 1, 0],
  );
  return [
    words.time === 'day'
      ? ''
      : fill(`M${n(x)} ${n(top)}L${n(x + way * 900)} ${n(top - 110)}V${n(top + 60)}z`, beam),
    fill(
      `M${n(x - 200)} ${n(horizon + 50)}Q${n(x - 120)} ${n(horizon - 10)} ${n(x - 60)} ${n(horizon - 26)}Q${n(x)} ${n(horizon - 52)} ${n(x + 60)} ${n(horizon - 20)}Q${n(x + 130)} ${n(horizon)} ${n(x + 200)} ${n(horizon + 50)}z`,
      rock,
    ),
    fill(
      `M${n(x - 24)} ${n(horizon - 34)}L${n(x - 15)} ${n(top + 14)}H${n(x + 15)}L${n(x + 24)} ${n(horizon - 34)}z`,
      '#f6efe4',
    ),
    fill(box(x - 17, top + 44, 34, 26) + box(x - 20, top + 96, 40, 26), palette.accent),
    fill(
      `${box(x - 20, top + 8, 40, 7)}M${n(x - 15)} ${n(top - 16)}L${n(x)} ${n(top - 34)}L${n(x + 15)} ${n(top - 16)}z`,
      rock,
    ),
    fill(box(x - 11, top - 16, 22, 24), palette.lamp),
    glow(stage, x, top - 4, 110, palette.lamp, 0.8),
  ].join('');
}
