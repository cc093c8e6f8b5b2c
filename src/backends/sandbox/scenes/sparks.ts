/** Fireflies. */
import { between } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { dot, fill } from '../svg.ts';

/** Fireflies. */
export function sparks(stage: Stage, count: number, top: number, bottom: number): string {
  const { random, width, height, palette } = stage;
  let shapes = '';
  let cores = '';
  for (let at = 0; at < count; at++) {
    const x = width * random();
    const y = height * between(random, top, bottom);
    const size = between(random, 1.2, 3);
    shapes += glow(stage, x, y, size * 9, at % 4 === 0 ? palette.other : palette.lamp, 0.6);
    cores += dot(x, y, size);
  }
  return shapes + fill(cores, '#fffbe0');
}
