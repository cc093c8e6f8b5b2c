/** A cup, a vase and fruit in the light of a window. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { dot, fill, group, n, stroke } from '../svg.ts';
import { lens } from './land.ts';

/** A cup, a vase and fruit by a window's light. */
export function stillLife(stage: Stage): string {
  const { width, height, random, palette, gradients } = stage;
  const edge = height * 0.66;
  const wall = mix('#efe2d2', palette.sky[2], 0.42);
  const table = mix('#8a5238', palette.near, 0.22);
  const parts = [
    rect(
      0,
      0,
      width,
      edge,
      gradients.linear(
        [
          [0, darken(mix(wall, palette.sky[1], 0.4), 0.16)],
          [1, wall],
        ],
        [0, 0, 0.7, 1],
      ),
    ),
    glow(stage, width * 0.18, height * 0.16, width * 0.7, palette.sun, 0.7),
    fill(windowLight(width, height), palette.sun, 0.4),
    rect(
      0,
      edge,
      width,
      height - edge,
      gradients.linear([
        [0, lighten(table, 0.24)],
        [1, darken(table, 0.35)],
      ]),
    ),
    rect(0, edge, width, 4, lighten(table, 0.45)),
  ];
  const scale = Math.min(width / 900, height / 620);
  const shade = darken(table, 0.6);
  const cup = mix('#fdf7ee', palette.other, 0.12);
  const glaze = (colour: string) =>
    gradients.linear(
      [
        [0, lighten(colour, 0.35)],
        [0.4, colour],
        [1, darken(colour, 0.45)],
      ],
      [0, 0, 1, 0.15],
    );
  const fruit = [palette.accent, palette.other, mix(palette.accent, palette.other, 0.5)];
  let stems = '';
  const blooms: string[] = [];
  for (let at = 0; at < 9; at++) {
    const turn = -Math.PI / 2 + ((at + random()) / 9 - 0.5) * 1.7;
    const reach = between(random, 170, 290);
    const [x, y] = [-190 + Math.cos(turn) * reach, -170 + Math.sin(turn) * reach];
    stems += `M-190 -150Q${n(-190 + Math.cos(turn) * reach * 0.3)} ${n(-150 + Math.sin(turn) * reach * 0.6)} ${n(x)} ${n(y)}`;
    const size = between(random, 20, 34);
    blooms.push(
      fill(
        Array.from({ length: 7 }, (_, petal) =>
          dot(x + Math.cos(petal * 0.9) * size * 0.62, y + Math.sin(petal * 0.9) * size * 0.62, size * 0.52),
        ).join(''),
        pick(random, fruit),
        0.96,
      ),
      fill(dot(x, y, size * 0.34), palette.lamp),
    );
  }
  const things = [
    fill(lens(-120, 2, 190, 18) + lens(120, 34, 170, 16) + lens(292, 24, 90, 10), shade, 0.42),
    stroke(stems, mix(palette.green, palette.near, 0.2), 4),
    blooms.join(''),
    fill(
      'M-228 -168H-152Q-150 -130 -128 -104Q-96 -40 -146 0H-234Q-284 -40 -252 -104Q-230 -130 -228 -168z',
      glaze(mix(palette.sky[1], palette.other, 0.2)),
    ),
    fill('M-246 -70Q-252 -40 -238 -18', '#ffffff', 0) +
      stroke('M-246 -80Q-256 -50 -240 -22', '#ffffff', 6, 0.45),
    // Cup on its saucer.
    fill(lens(110, 24, 150, 26), darken(cup, 0.16)) + fill(lens(110, 18, 146, 24), glaze(cup)),
    stroke('M178 -74Q238 -84 228 -36Q220 -2 172 -14', cup, 15) +
      stroke('M178 -74Q238 -84 228 -36Q220 -2 172 -14', darken(cup, 0.2), 2, 0.5),
    fill('M34 -94H186Q188 -20 152 10H68Q32 -20 34 -94z', glaze(cup)),
    fill('M34 -94A76 17 0 1 1 186 -94A76 17 0 1 1 34 -94z', darken(cup, 0.1)),
    fill('M44 -92A66 13 0 1 1 176 -92A66 13 0 1 1 44 -92z', '#5b3420'),
    fill('M62 -90A40 7 0 1 1 142 -92A40 7 0 1 1 62 -90z', '#8a5a38', 0.7),
    stroke('M86 -122q-18 -26 2 -52t0 -56M124 -122q-18 -26 2 -52t0 -56', '#ffffff', 7, 0.28),
    // Fruit.
    fill(dot(286, -20, 42), glaze(fruit[0]!)) +
      stroke('M286 -60q4 -12 14 -16', '#5b3a24', 5) +
      fill('M298 -74q22 -14 34 2q-18 12 -34 -2z', palette.green),
    fill(dot(340, 4, 34), glaze(fruit[1]!)) +
      fill(dot(272, -36, 9), '#ffffff', 0.4) +
      fill(dot(330, -8, 7), '#ffffff', 0.4),
  ];
  parts.push(
    group(
      `translate(${n(width * 0.47)} ${n(height * 0.8)}) scale(${Math.round(scale * 100) / 100})`,
      things.join(''),
    ),
  );
  return parts.join('');
}

function windowLight(width: number, height: number): string {
  let panes = '';
  for (let column = 0; column < 2; column++) {
    for (let row = 0; row < 2; row++) {
      const x = width * (0.5 + column * 0.17);
      const y = height * (0.08 + row * 0.25);
      panes += `M${n(x)} ${n(y)}l${n(width * 0.15)} ${n(height * 0.05)}v${n(height * 0.22)}l${n(-width * 0.15)} ${n(-height * 0.05)}z`;
    }
  }
  return panes;
}
