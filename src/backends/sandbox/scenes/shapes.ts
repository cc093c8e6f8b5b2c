/** Arcs, discs and waves: for prompts that name nothing we can draw. */
import { darken, lighten, mix, turnHue } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { curve, dot, fill, n, type Point, stroke } from '../svg.ts';

export function shapes(stage: Stage): string {
  const { width, height, random, palette, gradients } = stage;
  const inks = [
    palette.accent,
    palette.other,
    palette.sky[1],
    palette.sky[2],
    turnHue(palette.accent, 35),
    palette.near,
  ];
  const paper = mix(palette.sky[3], '#ffffff', 0.25);
  const sunX = width * between(random, 0.3, 0.7);
  const sunY = height * between(random, 0.3, 0.45);
  const radius = Math.min(width, height) * between(random, 0.17, 0.24);
  const parts = [
    rect(
      0,
      0,
      width,
      height,
      gradients.linear([
        [0, mix(palette.sky[1], paper, 0.35)],
        [1, paper],
      ]),
    ),
    glow(stage, sunX, sunY, radius * 3, palette.sun, 0.7),
  ];
  for (let ring = 4; ring >= 1; ring--) {
    parts.push(
      fill(dot(sunX, sunY, radius * (1 + ring * 0.26)), mix(palette.accent, paper, 0.5 + ring * 0.1), 0.35),
    );
  }
  parts.push(
    fill(
      dot(sunX, sunY, radius),
      gradients.linear([
        [0, lighten(palette.accent, 0.15)],
        [1, palette.other],
      ]),
    ),
  );
  parts.push(arches(stage, inks));
  const waves = 7;
  const phase = random() * 6;
  for (let at = 0; at < waves; at++) {
    const share = at / (waves - 1);
    const base = height * (0.58 + 0.075 * at);
    const swing = height * between(random, 0.03, 0.075);
    const points: Point[] = Array.from({ length: 13 }, (_, step) => [
      (step / 12) * (width + 80) - 40,
      base + Math.sin(step * 0.62 + phase + at * 0.9) * swing,
    ]);
    const colour = mix(mix(pick(random, inks), palette.sky[0], 0.15), palette.near, share * 0.5);
    const shape = `${curve(points)}L${n(width + 40)} ${n(height + 20)}L-40 ${n(height + 20)}z`;
    parts.push(
      fill(
        shape,
        gradients.linear([
          [0, lighten(colour, 0.1)],
          [1, darken(colour, 0.2)],
        ]),
      ),
    );
    parts.push(stroke(curve(points), lighten(colour, 0.5), 2.2, 0.6));
  }
  return parts.join('');
}

function arches({ width, height, random }: Stage, inks: readonly string[]): string {
  return [between(random, 0.02, 0.3), between(random, 0.7, 0.98)]
    .map((across) => {
      const size = Math.min(width, height) * between(random, 0.14, 0.22);
      const x = width * across;
      const foot = height * 0.72;
      return [1, 0.76, 0.52, 0.28]
        .map((share, at) => {
          const r = size * share;
          return fill(
            `M${n(x - r)} ${n(foot)}V${n(foot - size * 0.9)}a${n(r)} ${n(r)} 0 0 1 ${n(2 * r)} 0V${n(foot)}z`,
            inks[(at + Math.floor(across * 10)) % inks.length]!,
          );
        })
        .join('');
    })
    .join('');
}
