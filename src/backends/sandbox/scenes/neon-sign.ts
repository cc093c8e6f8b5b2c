/** A sign that stands out from a wall. */
import { lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { box, fill, n, stroke } from '../svg.ts';

/** The eye's place: a point at depth 1 is as large as drawn, at depth 2 half, towards the vanishing point. */
export interface View {
  x: number;
  y: number;
  /** Half the street's width and the eye's height above the road, at depth 1. */
  half: number;
  ground: number;
}

/** A sign that stands out from the wall, facing us: a tube around a panel with strokes that look like writing. */
export function neonSign(
  stage: Stage,
  view: View,
  side: -1 | 1,
  depth: number,
  share: number,
  up: number,
  reflections: string[],
): string {
  const { random, palette, gradients, words, height } = stage;
  const dark = words.time === 'night' || words.neon;
  const colour = pick(random, [palette.accent, palette.other, palette.accent, palette.lamp]);
  const scale = 1 / depth;
  const wide = view.half * between(random, 0.13, 0.19) * scale;
  const tall = wide * between(random, 1.8, 3.9);
  const inner = view.x + side * view.half * scale - (side > 0 ? wide : 0) - side * wide * 0.12;
  const top = view.y + (view.ground - up) * scale - tall;
  const tube = lighten(colour, dark ? 0.45 : 0);
  const panel = mix(palette.near, colour, dark ? 0.16 : 0.55);
  const parts = [
    dark && share > 0.25
      ? glow(stage, inner + wide / 2, top + tall / 2, tall * 0.72, colour, 0.5 + 0.25 * share)
      : '',
    fill(box(inner, top, wide, tall), panel),
    dark
      ? stroke(
          box(inner + wide * 0.08, top + wide * 0.08, wide * 0.84, tall - wide * 0.16),
          colour,
          wide * 0.16,
          0.35,
        )
      : '',
    stroke(box(inner + wide * 0.08, top + wide * 0.08, wide * 0.84, tall - wide * 0.16), tube, wide * 0.05),
  ];
  const count = Math.max(2, Math.round(tall / wide));
  const cell = (tall - wide * 0.3) / count;
  let marks = '';
  for (let at = 0; at < count; at++) {
    const cy = top + wide * 0.15 + cell * (at + 0.5);
    marks += signMark(stage, inner + wide / 2, cy, Math.min(cell, wide) * 0.3);
  }
  parts.push(
    dark ? stroke(marks, colour, wide * 0.15, 0.4) : '',
    stroke(marks, dark ? '#fff6fb' : '#ffffff', wide * 0.055),
  );
  if (dark) {
    const ground = view.y + view.ground * scale;
    reflections.push(
      rect(
        inner + wide * 0.1,
        ground - 3,
        wide * 0.9,
        Math.min(height - ground, tall * 1.5),
        gradients.linear([
          [0, colour, 0.6],
          [0.5, colour, 0.25],
          [1, colour, 0],
        ]),
      ),
    );
  }
  return parts.join('');
}

/** A made-up character: a few strokes on a grid. */
function signMark({ random }: Stage, x: number, y: number, size: number): string {
  const s = (value: number) => n(value * size);
  const options = [
    `M${n(x)} ${n(y - size)}v${s(2)}M${n(x - size)} ${n(y - size * 0.4)}h${s(2)}M${n(x - size)} ${n(y + size * 0.9)}L${n(x)} ${n(y)}L${n(x + size)} ${n(y + size * 0.9)}`,
    `M${n(x - size)} ${n(y - size)}h${s(2)}v${s(2)}h${s(-2)}zM${n(x - size)} ${n(y)}h${s(2)}`,
    `M${n(x - size)} ${n(y - size * 0.8)}h${s(2)}M${n(x - size * 0.7)} ${n(y)}h${s(1.4)}M${n(x - size)} ${n(y + size * 0.9)}h${s(2)}M${n(x)} ${n(y - size * 0.8)}v${s(1.7)}`,
    `M${n(x - size)} ${n(y - size * 0.7)}h${s(2)}q${s(-0.2)} ${s(1.2)} ${s(-1.6)} ${s(1.7)}M${n(x)} ${n(y - size * 0.1)}l${s(0.7)} ${s(0.8)}`,
    `M${n(x - size * 0.6)} ${n(y - size)}v${s(2)}M${n(x + size * 0.6)} ${n(y - size)}v${s(2)}M${n(x - size)} ${n(y - size * 0.2)}h${s(2)}`,
  ];
  return pick(random, options);
}
