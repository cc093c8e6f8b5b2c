/** A glass nave full of plants, with a wet floor. */
import { darken, lighten, mix } from '../colours.ts';
import { between } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { curve, dot, fill, group, n, stroke } from '../svg.ts';
import { lens } from './land.ts';
import { BIOLUMINESCENT, leaf, thicket } from './plants.ts';
import { sky } from './sky.ts';

export function greenhouse(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const eye = { x: width * between(random, 0.46, 0.54), y: height * 0.6 };
  const half = Math.min(width * 0.62, height * 0.95);
  const ground = height * 0.34;
  const glowing = words.glowing || words.time === 'night';
  const floor = mix(palette.near, palette.sky[1], 0.32);
  const parts = [
    sky(stage, { horizon: height * 0.72, sun: { x: eye.x, y: height * 0.5, radius: 34 }, clouds: false }),
  ];
  parts.push(garden(stage, eye.y));
  parts.push(
    rect(
      0,
      eye.y,
      width,
      height - eye.y,
      gradients.linear([
        [0, mix(palette.sky[3], palette.lamp, 0.4)],
        [0.18, mix(floor, palette.sky[3], 0.45)],
        [0.5, floor],
        [1, darken(floor, 0.4)],
      ]),
    ),
  );

  const depths = [5.2, 3.9, 2.95, 2.25, 1.7, 1.3, 1];
  const clusters = depths.flatMap((depth, at) =>
    [-1, 1].map((side) => {
      const share = at / (depths.length - 1);
      const foot = eye.y + ground / depth;
      const x = eye.x + (side * half * 0.72) / depth;
      const size = Math.min(height * 0.44, half * 0.5) / depth ** 0.94;
      return { foot, share, ...thicket(stage, x, foot, size, share, glowing) };
    }),
  );
  // What stands on the wet floor is seen in it again, under a film of floor colour.
  const reflecting = clusters.filter(({ share }) => share > 0.3);
  parts.push(
    reflecting.map(({ foot, plants }) => group(`matrix(1 0 0 -1 0 ${n(2 * foot)})`, plants)).join(''),
  );
  parts.push(
    rect(
      0,
      eye.y,
      width,
      height - eye.y,
      gradients.linear([
        [0, mix(palette.sky[3], palette.lamp, 0.4), 0.3],
        [0.4, floor, 0.45],
        [1, darken(floor, 0.3), 0.66],
      ]),
    ),
  );
  parts.push(walk(stage, eye, half, ground));

  depths.forEach((depth, at) => {
    parts.push(rib(stage, eye, half, ground, depth, depths[at - 1], at / (depths.length - 1)));
    parts.push(
      clusters
        .filter(({ share }) => share === at / (depths.length - 1))
        .map(({ plants, lights }) => plants + lights)
        .join(''),
    );
    if (at === 0 || at === 2)
      parts.push(glow(stage, eye.x, eye.y - 20, height * 0.32, mix(palette.sky[3], palette.lamp, 0.3), 0.32));
  });
  parts.push(foreground(stage, glowing));
  return parts.join('');
}

/** Trees outside, behind the end wall. */
function garden({ width, height, random, palette }: Stage, foot: number): string {
  let path = '';
  for (let at = 0; at < 26; at++)
    path += dot((width * at) / 25, foot - between(random, 0, height * 0.05), between(random, 18, 52));
  return fill(path, mix(mix(palette.far, palette.green, 0.4), palette.sky[3], 0.25));
}

/** One iron arch, and the glazing bars to the one behind it. */
function rib(
  { palette, gradients }: Stage,
  eye: { x: number; y: number },
  half: number,
  ground: number,
  depth: number,
  behind: number | undefined,
  share: number,
): string {
  const iron = mix(
    mix(palette.far, palette.sky[3], 0.3),
    mix(palette.near, palette.sky[0], 0.3),
    0.25 + 0.75 * share,
  );
  const wall = ground * 1.25;
  const place = (turn: number, at: number): [number, number] => {
    // From the left foot (turn 0) up the wall, over the arch, down to the right foot (turn 1).
    if (turn < 0.2) return [eye.x - half / at, eye.y + (ground - (turn / 0.2) * (wall + ground * 0.4)) / at];
    if (turn > 0.8)
      return [eye.x + half / at, eye.y + (ground - ((1 - turn) / 0.2) * (wall + ground * 0.4)) / at];
    const angle = Math.PI * (1 - (turn - 0.2) / 0.6);
    const spring = eye.y - (wall - ground * 0.6) / at;
    return [eye.x + (Math.cos(angle) * half) / at, spring - (Math.sin(angle) * half * 0.72) / at];
  };
  const turns = Array.from({ length: 31 }, (_, at) => at / 30);
  const arch = curve(turns.map((turn) => place(turn, depth)));
  const parts: string[] = [];
  if (behind !== undefined) {
    const panes: string[] = [];
    let bars = '';
    const cuts = [0.1, 0.2, 0.27, 0.34, 0.42, 0.5, 0.58, 0.66, 0.73, 0.8, 0.9];
    cuts.forEach((turn, at) => {
      const [x1, y1] = place(turn, depth);
      const [x2, y2] = place(turn, behind);
      bars += `M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}`;
      const next = cuts[at + 1];
      if (next === undefined) return;
      const [x3, y3] = place(next, behind);
      const [x4, y4] = place(next, depth);
      panes.push(`M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}L${n(x3)} ${n(y3)}L${n(x4)} ${n(y4)}z`);
    });
    const sheen = gradients.linear(
      [
        [0, '#ffffff', 0.16],
        [0.5, '#ffffff', 0.02],
        [1, palette.other, 0.12],
      ],
      [0, 0, 1, 1],
    );
    parts.push(fill(panes.filter((_, at) => (at + Math.round(depth * 3)) % 3 !== 1).join(''), sheen));
    parts.push(stroke(bars, iron, 0.9 + 1.4 / depth, 0.8));
  }
  parts.push(
    stroke(arch, iron, 1.4 + 6 / depth),
    stroke(arch, lighten(palette.sky[3], 0.3), 0.5 + 0.9 / depth, 0.4),
  );
  return parts.join('');
}

/** The path down the middle, with light lying on it. */
function walk(
  { random, palette, gradients, height }: Stage,
  eye: { x: number; y: number },
  half: number,
  ground: number,
): string {
  const edge = (side: number, depth: number) =>
    `${n(eye.x + (side * half * 0.34) / depth)} ${n(eye.y + ground / depth)}`;
  const slab = `M${edge(-1, 8)}L${edge(1, 8)}L${edge(1, 0.8)}L${edge(-1, 0.8)}z`;
  let joints = '';
  for (const depth of [5, 3.6, 2.7, 2.1, 1.65, 1.32, 1.08, 0.9])
    joints += `M${edge(-1, depth)}L${edge(1, depth)}`;
  let sparks = '';
  for (let at = 0; at < 44; at++) {
    const share = random() ** 1.3;
    const y = eye.y + 12 + share * (height - eye.y);
    const spread = half * 0.34 * (0.15 + share);
    sparks += lens(
      eye.x + between(random, -1, 1) * spread,
      y,
      between(random, 8, 20 + 50 * share),
      0.8 + 2 * share,
    );
  }
  return [
    fill(
      slab,
      gradients.linear([
        [0, palette.lamp, 0.75],
        [0.3, palette.sky[3], 0.3],
        [1, palette.sky[2], 0.08],
      ]),
    ),
    stroke(joints, palette.near, 1.3, 0.3),
    stroke(`M${edge(-1, 8)}L${edge(-1, 0.8)}M${edge(1, 8)}L${edge(1, 0.8)}`, palette.sky[3], 1.6, 0.35),
    fill(sparks, mix(palette.sky[3], '#ffffff', 0.4), 0.34),
  ].join('');
}

/** Leaves close to the eye in the lower corners, and motes in the air. */
function foreground(stage: Stage, glowing: boolean): string {
  const { width, height, random, palette } = stage;
  const ink = mix(palette.near, glowing ? '#0a4a52' : palette.green, 0.3);
  let shapes = '';
  for (const side of [-1, 1]) {
    const x = side < 0 ? -6 : width + 6;
    for (let at = 0; at < 4; at++) {
      shapes += leaf(
        x,
        height * between(random, 1.0, 1.06),
        -side * between(random, 0.15, 1),
        Math.min(height, width * 0.8) * between(random, 0.3, 0.5),
      ).shape;
    }
  }
  let motes = '';
  for (let at = 0; at < 40; at++)
    motes += dot(width * random(), height * random() * 0.9, between(random, 0.8, 2));
  return fill(shapes, ink) + fill(motes, glowing ? lighten(BIOLUMINESCENT[0], 0.4) : palette.lamp, 0.7);
}
