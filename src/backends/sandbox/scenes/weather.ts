/** What falls in front of a scene, and the lights that swim before a lens. */
import { between, pick } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { dot, fill, n, stroke } from '../svg.ts';

/** Streaks of rain at three distances. */
export function rain(stage: Stage): string {
  const { random, width, height } = stage;
  return [
    { count: 190, long: 26, thick: 0.8, opacity: 0.22 },
    { count: 110, long: 52, thick: 1.2, opacity: 0.26 },
    { count: 34, long: 96, thick: 1.9, opacity: 0.22 },
  ]
    .map(({ count, long, thick, opacity }) => {
      let path = '';
      for (let at = 0; at < count; at++) {
        const fall = long * between(random, 0.6, 1.3);
        path += `M${n(width * between(random, -0.05, 1.1))} ${n(height * between(random, -0.1, 1))}l${n(-fall * 0.2)} ${n(fall)}`;
      }
      return stroke(path, '#dcecff', thick, opacity);
    })
    .join('');
}

/** Flakes: many small, some large and soft. */
export function snow(stage: Stage): string {
  const { random, width, height } = stage;
  const sizes = ['', '', ''];
  for (let at = 0; at < 320; at++) {
    const size = random() ** 2.2;
    sizes[Math.floor(size * 2.99)] += dot(width * random(), height * random(), 1 + size * 4);
  }
  let soft = '';
  for (let at = 0; at < 16; at++)
    soft += glow(stage, width * random(), height * random(), between(random, 12, 30), '#ffffff', 0.55);
  return sizes.map((path, at) => fill(path, '#ffffff', 0.9 - at * 0.12)).join('') + soft;
}

/** Lights out of focus: discs with a brighter rim. */
export function bokeh(stage: Stage, count: number, colours: readonly string[], strength = 1): string {
  const { random, width, height, gradients } = stage;
  let lights = '';
  for (let at = 0; at < count; at++) {
    const colour = pick(random, colours);
    const radius = between(random, 10, 44);
    const opacity = between(random, 0.2, 0.5) * strength;
    const disc = gradients.radial([
      [0, colour, Math.round(opacity * 60) / 100],
      [0.82, colour, Math.round(opacity * 80) / 100],
      [0.93, colour, Math.round(opacity * 120) / 100],
      [1, colour, 0],
    ]);
    lights += `<circle cx="${n(width * random())}" cy="${n(height * between(random, 0.05, 0.85))}" r="${n(radius)}" fill="${disc}"/>`;
  }
  return lights;
}
