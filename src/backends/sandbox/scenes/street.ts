/** A narrow street with neon signs and a wet road, looking down its length. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { box, fill, group, n, stroke } from '../svg.ts';
import { lens } from './land.ts';
import { neonSign, type View } from './neon-sign.ts';

export function street(stage: Stage): string {
  const { width, height, random, palette, words } = stage;
  const view: View = {
    x: width * between(random, 0.42, 0.58),
    y: height * 0.56,
    half: Math.min(width * 0.5, height * 0.52),
    ground: height * 0.4,
  };
  const parts = [backdrop(stage, view), road(stage, view)];
  const reflections: string[] = [];
  const walls: string[] = [];
  const depths = depthsOf(view, width);
  for (let at = 0; at + 1 < depths.length; at++) {
    const [far, near] = [depths[at]!, depths[at + 1]!];
    const share = Math.min(1, at / 7);
    for (const side of [-1, 1] as const) walls.push(facade(stage, view, side, far, near, share, reflections));
    if (at === 2 || at === 4) walls.push(haze(stage, view, 0.3));
    if (at === 3 || at === 5) walls.push(wires(stage, view, near));
  }
  // The road's reflections lie under the houses' feet.
  parts.push(
    reflections.join(''),
    puddles(stage, view),
    walls.join(''),
    lanterns(stage, view),
    walkers(stage, view),
  );
  if (words.time !== 'day') parts.push(glow(stage, view.x, view.y, height * 0.5, palette.accent, 0.16));
  return parts.join('');
}

/** Where one house ends and the next begins, the farthest first, until the walls leave the picture. */
function depthsOf(view: View, width: number): number[] {
  const nearest = Math.min(0.72, (view.half / width) * 1.55);
  const depths = [6.2];
  while (depths.at(-1)! > nearest) depths.push(depths.at(-1)! * 0.775);
  return depths;
}

function backdrop(stage: Stage, view: View): string {
  const { width, height, palette, gradients, words } = stage;
  const dark = words.time === 'night' || words.neon;
  const warm = mix(palette.accent, palette.lamp, 0.45);
  return [
    rect(
      0,
      0,
      width,
      height,
      gradients.linear([
        [0, darken(palette.sky[0], dark ? 0.2 : 0)],
        [0.35, palette.sky[1]],
        [0.6, mix(palette.sky[3], warm, dark ? 0.35 : 0.1)],
        [1, palette.sky[2]],
      ]),
    ),
    glow(
      stage,
      view.x,
      view.y - 20,
      height * 0.42,
      dark ? mix(palette.other, '#ffffff', 0.3) : palette.sun,
      0.75,
    ),
    glow(stage, view.x, view.y, height * 0.22, dark ? warm : palette.sun, 0.9),
  ].join('');
}

function haze(stage: Stage, view: View, opacity: number): string {
  const { palette, height } = stage;
  return glow(stage, view.x, view.y, height * 0.3, mix(palette.sky[3], palette.other, 0.25), opacity);
}

function road(stage: Stage, view: View): string {
  const { width, height, palette, gradients, words } = stage;
  const dark = words.time === 'night' || words.neon;
  const tar = dark ? mix(palette.near, palette.sky[1], 0.3) : mix(palette.far, '#77727c', 0.5);
  const shine = mix(palette.sky[3], palette.other, 0.3);
  return rect(
    0,
    view.y,
    width,
    height - view.y,
    gradients.linear([
      [0, mix(shine, palette.lamp, 0.3)],
      [0.16, mix(tar, shine, 0.45)],
      [0.5, tar],
      [1, darken(tar, 0.45)],
    ]),
  );
}

function facade(
  stage: Stage,
  view: View,
  side: -1 | 1,
  far: number,
  near: number,
  share: number,
  reflections: string[],
): string {
  const { random, palette, gradients, words, height } = stage;
  const dark = words.time === 'night' || words.neon;
  const rise = view.ground * between(random, 1.4, 3.6) * (0.8 + 0.5 * share) + view.ground * 0.4;
  const x = (depth: number) => view.x + (side * view.half) / depth;
  const y = (up: number, depth: number) => view.y + (view.ground - up) / depth;
  const quad = (up1: number, up2: number, d1: number, d2: number) =>
    `M${n(x(d1))} ${n(y(up1, d1))}L${n(x(d2))} ${n(y(up1, d2))}L${n(x(d2))} ${n(y(up2, d2))}L${n(x(d1))} ${n(y(up2, d1))}z`;

  const wall = mix(
    mix(palette.far, palette.sky[3], 0.3),
    dark ? palette.near : mix(palette.far, palette.near, 0.55),
    0.2 + 0.8 * share ** 0.7,
  );
  const hue = mix(wall, pick(random, [palette.accent, palette.other, palette.sky[1]]), 0.12);
  const parts = [
    fill(
      quad(0, rise, far, near),
      gradients.linear([
        [0, darken(hue, 0.3)],
        [1, lighten(hue, dark ? 0.02 : 0.12)],
      ]),
    ),
  ];

  // Windows, floor by floor; a shop at the bottom.
  let lit = '';
  let unlit = '';
  const floor = view.ground * 0.34;
  const slots = 4;
  const at = (share_: number) => far + (near - far) * share_;
  for (let up = floor * 1.25; up + floor < rise; up += floor) {
    for (let slot = 0; slot < slots; slot++) {
      const shape = quad(
        up + floor * 0.22,
        up + floor * 0.8,
        at((slot + 0.2) / slots),
        at((slot + 0.8) / slots),
      );
      if (random() < (dark ? 0.3 : 0.1)) lit += shape;
      else if (share > 0.3) unlit += shape;
    }
  }
  parts.push(
    fill(unlit, darken(hue, 0.35), 0.7),
    fill(lit, mix(palette.lamp, palette.sky[3], 0.5 * (1 - share)), 0.9),
  );
  const shop = pick(random, [palette.lamp, palette.accent, palette.other, palette.lamp]);
  const glass = gradients.linear([
    [0, mix(lighten(shop, 0.4), hue, 0.1)],
    [1, mix(shop, hue, 0.62)],
  ]);
  parts.push(fill(quad(floor * 0.1, floor * 0.9, at(0.12), at(0.88)), glass, dark ? 0.92 : 0.5));
  let bars = '';
  for (const slot of [0.31, 0.5, 0.69])
    bars += quad(floor * 0.1, floor * 0.9, at(slot - 0.012), at(slot + 0.012));
  for (const slot of [0.2, 0.4, 0.6, 0.78])
    bars += quad(
      floor * 0.1,
      floor * between(random, 0.3, 0.62),
      at(slot),
      at(slot + between(random, 0.05, 0.12)),
    );
  parts.push(fill(bars, darken(hue, 0.3), 0.6));
  parts.push(fill(quad(floor * 0.98, floor * 1.16, at(0.02), at(0.98)), mix(shop, palette.near, 0.35)));

  // Reflected light on the road, straight down from the foot of the wall.
  const foot = y(0, near);
  const across = Math.abs(x(near) - x(far)) * 0.8;
  const left = Math.min(x(near), x(far)) + across * 0.1 - side * across * 0.4;
  if (dark || words.rain) {
    reflections.push(
      rect(
        left,
        y(0, far) - 2,
        across,
        (height - foot) * 0.2 + view.ground / near,
        gradients.linear([
          [0, shop, 0.5],
          [1, shop, 0],
        ]),
      ),
    );
  }
  const signs = dark ? 2 : 1;
  for (let sign = 0; sign < signs; sign++) {
    if (random() < 0.85)
      parts.push(
        neonSign(
          stage,
          view,
          side,
          at(0.3 + 0.5 * sign),
          share,
          floor * between(random, 1.5, 4.2),
          reflections,
        ),
      );
  }
  return parts.join('');
}

function wires({ width, random, palette }: Stage, view: View, depth: number): string {
  let path = '';
  for (let at = 0; at < 3; at++) {
    const y = view.y - (view.ground * between(random, 0.7, 1.4)) / depth;
    const reach = view.half / depth;
    path += `M${n(view.x - reach)} ${n(y)}Q${n(view.x)} ${n(y + 50 / depth)} ${n(Math.min(width, view.x + reach))} ${n(y - between(random, -20, 30))}`;
  }
  return stroke(path, palette.near, 1.6, 0.75);
}

function lanterns(stage: Stage, view: View): string {
  const { random, palette } = stage;
  const side = random() < 0.5 ? -1 : 1;
  return [2.6, 2.05, 1.6, 1.25]
    .map((depth) => {
      const x = view.x + (side * view.half * 0.84) / depth;
      const y = view.y - (view.ground * 0.22) / depth;
      const size = 17 / depth;
      const paper = mix('#ff4b32', palette.accent, 0.3);
      return [
        glow(stage, x, y, size * 4.5, paper, 0.6),
        fill(
          `M${n(x - size)} ${n(y)}C${n(x - size)} ${n(y - size * 1.5)} ${n(x + size)} ${n(y - size * 1.5)} ${n(x + size)} ${n(y)}C${n(x + size)} ${n(y + size * 1.5)} ${n(x - size)} ${n(y + size * 1.5)} ${n(x - size)} ${n(y)}z`,
          lighten(paper, 0.15),
        ),
        stroke(
          `M${n(x - size * 0.9)} ${n(y - size * 0.35)}h${n(size * 1.8)}M${n(x - size * 0.9)} ${n(y + size * 0.35)}h${n(size * 1.8)}`,
          darken(paper, 0.3),
          size * 0.09,
        ),
        fill(
          box(x - size * 0.4, y - size * 1.3, size * 0.8, size * 0.25) +
            box(x - size * 0.4, y + size * 1.05, size * 0.8, size * 0.25),
          palette.near,
        ),
      ].join('');
    })
    .join('');
}

function walkers(stage: Stage, view: View): string {
  const { random, palette, words } = stage;
  const places = [
    [3.4, -0.25],
    [2.5, 0.3],
    [1.75, -0.42],
    [1.35, 0.12],
  ] as const;
  return places
    .map(([depth, across]) => {
      const x = view.x + (view.half * (across + between(random, -0.12, 0.12))) / depth;
      const foot = view.y + view.ground / depth;
      const size = (view.ground * 0.96) / depth / 100;
      const colour = mix(palette.near, palette.sky[3], Math.min(0.5, (depth - 1.2) * 0.2));
      const step = between(random, 4, 9);
      const figure = [
        fill(
          `M-9 -62Q-13 -34 -12 -26L${n(-step - 3)} 0H${n(-step + 2)}L-1 -30L${n(step - 2)} 0H${n(step + 3)}L12 -26Q13 -34 9 -62Q0 -70 -9 -62z${'M0 -84a8 8.500 0 1 0 .1 0z'}`,
          colour,
        ),
        words.rain
          ? fill(
              'M-34 -78C-32 -108 32 -108 34 -78Q25 -84 17 -78Q8 -84 0 -78Q-8 -84 -17 -78Q-25 -84 -34 -78z',
              random() < 0.5
                ? mix(palette.accent, palette.near, 0.35)
                : mix(palette.near, palette.other, 0.3),
            ) + stroke('M0 -80L5 -50', colour, 2)
          : '',
        fill('M-12 1L-8 46Q0 60 8 46L12 1z', colour, 0.35),
      ];
      return group(`translate(${n(x)} ${n(foot)}) scale(${Math.round(size * 100) / 100})`, figure.join(''));
    })
    .join('');
}

function puddles({ random, width, height, palette }: Stage, view: View): string {
  let bright = '';
  let dark = '';
  for (let at = 0; at < 70; at++) {
    const share = random() ** 1.2;
    const y = view.y + 14 + share * (height - view.y);
    const spark = lens(width * random(), y, between(random, 12, 30 + 90 * share), 0.7 + 2.2 * share);
    if (at % 2) bright += spark;
    else dark += spark;
  }
  return fill(dark, palette.near, 0.4) + fill(bright, mix(palette.sky[3], palette.other, 0.4), 0.16);
}
