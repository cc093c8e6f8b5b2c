/** Sky, sun, moon, stars, clouds. */
import { lighten, mix } from '../colours.ts';
import { between } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { curve, dot, fill, group, n, type Point } from '../svg.ts';

export interface SkyOptions {
  /** Where the sky ends, in units from the top. */
  horizon: number;
  /** Where the sun or moon stands; chosen by the seed if not given. `null`: none. */
  sun?: { x: number; y: number; radius: number } | null;
  clouds?: boolean;
}

/** A whole sky down to the horizon and a little below. */
export function sky(
  stage: Stage,
  { horizon, sun = placeSun(stage, horizon), clouds = true }: SkyOptions,
): string {
  const { width, palette, gradients, words } = stage;
  const [top, middle, low, edge] = palette.sky;
  const air = gradients.linear([
    [0, top],
    [0.42, middle],
    [0.78, low],
    [1, edge],
  ]);
  return [
    rect(0, 0, width, horizon + 2, air),
    words.time === 'night' ? stars(stage, horizon, Math.round(170 * (horizon / 700))) : '',
    words.time === 'night' && hasAurora(stage) ? aurora(stage, horizon) : '',
    sun ? sunOrMoon(stage, sun) : '',
    clouds ? cloudBanks(stage, horizon) : '',
  ].join('');
}

export function placeSun({ random, width, words }: Stage, horizon: number) {
  const low = words.time === 'sunset' || words.time === 'dawn';
  return {
    x: width * between(random, 0.22, 0.78),
    y: horizon * (low ? between(random, 0.62, 0.8) : between(random, 0.2, 0.38)),
    radius: low ? between(random, 48, 78) : between(random, 30, 46),
  };
}

function sunOrMoon(stage: Stage, { x, y, radius }: { x: number; y: number; radius: number }): string {
  const { palette, words } = stage;
  if (words.time !== 'night') {
    return [
      glow(stage, x, y, radius * 7, palette.sun, words.time === 'day' ? 0.5 : 0.6),
      glow(stage, x, y, radius * 2.4, palette.sun, 0.7),
      fill(dot(x, y, radius), palette.sun),
    ].join('');
  }
  const crater = mix(palette.sun, palette.sky[1], 0.22);
  const marks = [
    dot(x - radius * 0.3, y - radius * 0.2, radius * 0.22),
    dot(x + radius * 0.35, y + radius * 0.3, radius * 0.17),
    dot(x + radius * 0.1, y - radius * 0.5, radius * 0.1),
    dot(x - radius * 0.15, y + radius * 0.45, radius * 0.12),
  ];
  return [
    glow(stage, x, y, radius * 6, palette.sun, 0.3),
    glow(stage, x, y, radius * 2, palette.sun, 0.45),
    fill(dot(x, y, radius), palette.sun),
    fill(marks.join(''), crater, 0.7),
  ].join('');
}

export function stars(stage: Stage, depth: number, count: number): string {
  const { random, width } = stage;
  const bySize = ['', '', ''];
  for (let star = 0; star < count; star++) {
    const size = random() ** 3;
    const y = depth * random() ** 1.4 * 0.92;
    bySize[Math.floor(size * 2.99)] += dot(width * random(), y, 0.6 + size * 1.5);
  }
  return bySize.map((path, at) => fill(path, '#ffffff', [0.5, 0.75, 0.95][at]!)).join('');
}

function hasAurora({ words, random }: Stage): boolean {
  const open = ['mountains', 'forest', 'sea', 'animal'].includes(words.subject);
  return random() < 0.4 ? open && !words.neon : words.has('aurora borealis 極光 极光');
}

/** Curtains of light: one wavering band over the other, bright at the foot and fading upwards. */
function aurora({ random, width, palette, gradients }: Stage, horizon: number): string {
  return [palette.other, palette.sky[3], palette.other, palette.far]
    .map((colour) => {
      const foot = horizon * between(random, 0.34, 0.6);
      const phase = random() * 6;
      const edge = Array.from({ length: 15 }, (_, step): Point => {
        const along = step / 14;
        return [
          along * width * 1.1 - width * 0.05,
          foot + Math.sin(along * 6 + phase) * horizon * 0.1 + Math.sin(along * 15 + phase * 2) * 10,
        ];
      });
      const top = edge
        .map(([x, y], at): Point => [x + 24, y - horizon * (0.3 + 0.08 * Math.sin(at * 1.7 + phase))])
        .reverse();
      const paint = gradients.linear([
        [0, colour, 0],
        [0.45, colour, 0.07],
        [0.8, lighten(colour, 0.15), 0.3],
        [0.93, lighten(colour, 0.3), 0.12],
        [1, colour, 0],
      ]);
      return fill(`${curve(edge)}L${curve(top).slice(1)}z`, paint);
    })
    .join('');
}

function cloudBanks(stage: Stage, horizon: number): string {
  const { random, width, palette, gradients, words } = stage;
  const lit =
    words.time === 'night' ? mix(palette.sky[2], palette.sky[3], 0.4) : mix(palette.sky[3], '#ffffff', 0.55);
  const strength = words.time === 'night' ? 0.4 : words.rain ? 0.5 : 0.85;
  const paint = gradients.linear([
    [0, lit, strength],
    [0.5, lit, strength * 0.55],
    [1, lit, 0],
  ]);
  let clouds = '';
  const count = words.rain || words.mist ? 8 : 5;
  for (let at = 0; at < count; at++) {
    const size = between(random, 0.35, 1.05);
    const y = horizon * between(random, 0.12, 0.72);
    clouds += group(
      `translate(${n(width * between(random, -0.1, 0.95))} ${n(y)}) scale(${n(size * 1.5)} ${n(size)})`,
      fill(cloud(stage), paint),
    );
  }
  return clouds;
}

/** A flat-bottomed heap of circles, some 300 units wide, as one path so that it has one gradient. */
function cloud({ random }: Stage): string {
  const parts = 7;
  let path = '';
  for (let part = 0; part < parts; part++) {
    const along = part / (parts - 1);
    const radius = (16 + 34 * Math.sin(along * Math.PI)) * between(random, 0.75, 1.15);
    path += dot(20 + along * 250, 60 - radius * 0.55, radius);
  }
  return path;
}
