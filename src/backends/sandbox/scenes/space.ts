/** Planets before a nebula. */
import { darken, lighten, mix, turnHue } from '../colours.ts';
import { between } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { dot, fill, group, n, stroke } from '../svg.ts';
import { below, ridge } from './land.ts';
import { stars } from './sky.ts';

export function space(stage: Stage): string {
  const { width, height, random, palette, gradients } = stage;
  const parts = [
    rect(
      0,
      0,
      width,
      height,
      gradients.linear(
        [
          [0, darken(palette.sky[0], 0.3)],
          [0.6, palette.sky[1]],
          [1, palette.sky[2]],
        ],
        [0, 0, 0.6, 1],
      ),
    ),
  ];
  const angle = between(random, -0.7, 0.7);
  for (let at = 0; at < 26; at++) {
    const along = between(random, -0.6, 0.6) * width;
    const off = (random() + random() - 1) * height * 0.3;
    const colour = [palette.accent, palette.other, palette.sky[3], turnHue(palette.accent, 50)][at % 4]!;
    parts.push(
      glow(
        stage,
        width / 2 + along * Math.cos(angle) - off * Math.sin(angle),
        height * 0.45 + along * Math.sin(angle) + off,
        between(random, 60, 240),
        colour,
        between(random, 0.08, 0.24),
      ),
    );
  }
  parts.push(stars(stage, height * 1.08, 260));
  for (let at = 0; at < 5; at++) {
    const [x, y, size] = [width * random(), height * random() * 0.7, between(random, 8, 20)];
    parts.push(glow(stage, x, y, size * 1.6, '#ffffff', 0.7));
    parts.push(
      fill(
        `M${n(x - size)} ${n(y)}Q${n(x)} ${n(y)} ${n(x)} ${n(y - size)}Q${n(x)} ${n(y)} ${n(x + size)} ${n(y)}Q${n(x)} ${n(y)} ${n(x)} ${n(y + size)}Q${n(x)} ${n(y)} ${n(x - size)} ${n(y)}z`,
        '#ffffff',
        0.95,
      ),
    );
  }
  parts.push(
    planet(
      stage,
      width * between(random, 0.3, 0.7),
      height * between(random, 0.34, 0.46),
      Math.min(width, height) * between(random, 0.19, 0.25),
    ),
  );
  const small = Math.min(width, height) * 0.05;
  parts.push(
    ball(
      stage,
      width * between(random, 0.08, 0.2),
      height * between(random, 0.15, 0.3),
      small,
      mix(palette.other, palette.sky[3], 0.3),
    ),
  );
  for (let at = 0; at < 3; at++) {
    const points = ridge(random, width, height * (0.84 + at * 0.06), height * 0.045, 0.4);
    const colour = mix(mix(palette.accent, palette.sky[2], 0.6), palette.near, 0.35 + at * 0.3);
    parts.push(
      fill(
        below(points, height),
        gradients.linear([
          [0, lighten(colour, 0.12)],
          [1, darken(colour, 0.4)],
        ]),
      ),
    );
  }
  return parts.join('');
}

function ball(stage: Stage, x: number, y: number, radius: number, colour: string): string {
  const { gradients } = stage;
  const round = gradients.linear(
    [
      [0, lighten(colour, 0.4)],
      [0.45, colour],
      [1, darken(colour, 0.75)],
    ],
    [0.1, 0, 0.9, 1],
  );
  return glow(stage, x, y, radius * 1.9, colour, 0.4) + fill(dot(x, y, radius), round);
}

function planet(stage: Stage, x: number, y: number, radius: number): string {
  const { random, palette } = stage;
  const colour = mix(palette.accent, '#ffcf9e', 0.35);
  const bands: string[] = [];
  for (let at = 0; at < 7; at++) {
    const high = (-0.78 + at * 0.25 + between(random, -0.05, 0.05)) * radius;
    const half = Math.sqrt(radius * radius - high * high) * 0.985;
    const thick = between(random, 0.04, 0.1) * radius;
    bands.push(
      fill(
        `M${n(-half)} ${n(high)}Q0 ${n(high + radius * 0.13)} ${n(half)} ${n(high)}Q0 ${n(high + radius * 0.13 + thick * 2)} ${n(-half)} ${n(high)}z`,
        at % 2 ? lighten(colour, 0.4) : darken(colour, 0.35),
        0.34,
      ),
    );
  }
  const ring = (half: 'back' | 'front') => {
    const sweep = half === 'back' ? 1 : 0;
    const arc = (share: number) =>
      `M${n(-radius * share)} 0A${n(radius * share)} ${n(radius * share * 0.27)} 0 0 ${sweep} ${n(radius * share)} 0`;
    return [
      stroke(arc(1.58), palette.other, radius * 0.13, 0.55),
      stroke(arc(1.79), lighten(palette.other, 0.4), radius * 0.05, 0.6),
      stroke(arc(1.38), lighten(colour, 0.5), radius * 0.06, 0.5),
    ].join('');
  };
  return group(
    `translate(${n(x)} ${n(y)}) rotate(${n(between(random, -24, -10))})`,
    [ring('back'), ball(stage, 0, 0, radius, colour), bands.join(''), ring('front')].join(''),
  );
}
