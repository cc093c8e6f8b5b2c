/** A skyline over water. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { box, fill, group, n, stroke } from '../svg.ts';
import { below, birds, lens, mist, ridge } from './land.ts';
import { placeSun, sky } from './sky.ts';

export function city(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const quay = height * 0.72;
  const sun = placeSun(stage, quay);
  const parts = [sky(stage, { horizon: quay, sun })];
  if (words.also.has('mountains') || random() < 0.4) {
    const hills = ridge(random, width, quay - height * 0.22, height * 0.12, 0.6);
    parts.push(fill(below(hills, quay, false), mix(palette.far, palette.sky[3], 0.45)));
  }
  const dark = words.time === 'night' || words.time === 'sunset';
  const layers = 3;
  for (let at = 0; at < layers; at++) {
    const share = at / (layers - 1);
    const colour = mix(
      mix(palette.far, palette.sky[3], 0.25),
      palette.near,
      0.1 + share * (dark ? 0.85 : 0.6),
    );
    parts.push(towers(stage, quay, share, colour, dark));
    if (share < 1)
      parts.push(mist(stage, quay - height * 0.2, height * 0.26, palette.sky[3], words.mist ? 0.75 : 0.35));
  }
  parts.push(reflection(stage, quay, dark));
  parts.push(birds(stage, 0.08, 0.22));
  if (dark) parts.push(glow(stage, width * 0.5, quay, width * 0.5, palette.lamp, words.neon ? 0.12 : 0.2));
  parts.push(
    rect(
      0,
      quay - 3,
      width,
      5,
      gradients.linear([
        [0, palette.near, 0.9],
        [1, palette.near, 0.5],
      ]),
    ),
  );
  return parts.join('');
}

function towers(stage: Stage, quay: number, share: number, colour: string, dark: boolean): string {
  const { width, height, random, palette, words, gradients } = stage;
  let bodies = '';
  let lit = '';
  let dim = '';
  let masts = '';
  let signs = '';
  const centre = width * between(random, 0.35, 0.65);
  for (let x = -20; x < width; ) {
    const wide = between(random, 26, 62) * (0.75 + share * 0.55);
    const nearCentre = Math.exp(-(((x - centre) / (width * 0.24)) ** 2));
    const tall =
      height * (0.1 + 0.2 * random() + nearCentre * between(random, 0.12, 0.34)) * (1.12 - share * 0.42);
    const top = quay - tall;
    const roof = random();
    bodies += box(x, top, wide, tall);
    if (roof < 0.22)
      bodies += `M${n(x)} ${n(top)}L${n(x + wide / 2)} ${n(top - wide * 0.9)}L${n(x + wide)} ${n(top)}z`;
    else if (roof < 0.5) bodies += box(x + wide * 0.2, top - 16, wide * 0.6, 18);
    else if (roof < 0.62)
      bodies += `M${n(x)} ${n(top)}Q${n(x + wide / 2)} ${n(top - wide)} ${n(x + wide)} ${n(top)}z`;
    if (nearCentre > 0.55 && random() < 0.5)
      masts += `M${n(x + wide / 2)} ${n(top)}v${n(-between(random, 30, 80))}`;
    const step = 9 + 3 * share;
    for (let wy = top + 9; wy < quay - 10; wy += step) {
      for (let wx = x + 5; wx < x + wide - 7; wx += step * 0.85) {
        const chance = random();
        if (chance < (dark ? 0.36 : 0.18)) lit += box(wx, wy, 3.6 + share, 4.6 + share);
        else if (chance < 0.62) dim += box(wx, wy, 3.6 + share, 4.6 + share);
      }
    }
    if (words.neon && share > 0.4 && random() < 0.3) {
      const sign = pick(random, [palette.accent, palette.other]);
      const high = Math.min(tall * 0.5, between(random, 40, 110));
      signs += glow(stage, x + wide * 0.3, top + 20 + high / 2, high * 1.1, sign, 0.5);
      signs += fill(box(x + wide * 0.2, top + 18, 7, high), lighten(sign, 0.35));
    }
    x += wide + between(random, -5, 12) * (1 - share * 0.4);
  }
  const body = gradients.linear([
    [0, colour],
    [1, mix(colour, palette.sky[3], 0.35 * (1 - share))],
  ]);
  return [
    stroke(masts, colour, 2),
    fill(bodies, body),
    fill(dim, dark ? darken(colour, 0.3) : lighten(colour, 0.25), 0.55),
    fill(lit, dark ? palette.lamp : mix(palette.lamp, palette.sky[1], 0.25), dark ? 0.35 + 0.6 * share : 0.6),
    signs,
  ].join('');
}

/** Towers and lights as long broken streaks in the water. */
function reflection(stage: Stage, quay: number, dark: boolean): string {
  const { width, height, random, palette, words, gradients } = stage;
  const deep = mix(palette.near, palette.sky[1], dark ? 0.3 : 0.55);
  const parts = [
    rect(
      0,
      quay,
      width,
      height - quay,
      gradients.linear([
        [0, mix(palette.sky[3], palette.near, dark ? 0.45 : 0.3)],
        [0.35, mix(palette.sky[2], palette.near, 0.5)],
        [1, deep],
      ]),
    ),
  ];
  const lights = [
    palette.lamp,
    palette.lamp,
    words.neon ? palette.accent : palette.sky[3],
    words.neon ? palette.other : palette.lamp,
  ];
  for (let at = 0; at < 46; at++) {
    const colour = pick(random, lights);
    const x = width * random();
    const long = (height - quay) * between(random, 0.25, 0.95);
    parts.push(
      rect(
        x,
        quay,
        between(random, 3, 13),
        long,
        gradients.linear([
          [0, colour, dark ? 0.5 : 0.28],
          [1, colour, 0],
        ]),
      ),
    );
  }
  let gaps = '';
  for (let at = 0; at < 130; at++) {
    const share = random() ** 1.3;
    gaps += lens(
      width * random(),
      quay + 5 + share * (height - quay),
      between(random, 20, 60 + 80 * share),
      0.8 + 1.8 * share,
    );
  }
  parts.push(fill(gaps, deep, 0.55));
  parts.push(ferry(stage, quay));
  return parts.join('');
}

function ferry({ width, random, palette }: Stage, quay: number): string {
  const hull = darken(palette.near, 0.2);
  return group(
    `translate(${n(width * between(random, 0.15, 0.8))} ${n(quay + 52)})`,
    [
      fill('M-60 -8H64L52 10H-50z', hull),
      fill(
        `${box(-36, -24, 66, 16)}${box(-20, -36, 34, 12)}${box(6, -50, 8, 14)}`,
        mix(hull, palette.accent, 0.35),
      ),
      fill([-30, -16, -2, 12].map((x) => box(x, -20, 9, 7)).join(''), palette.lamp),
      fill(lens(0, 16, 76, 4) + lens(10, 25, 46, 3), palette.lamp, 0.3),
    ].join(''),
  );
}
