/** Peaks and hills over a lake or a meadow. */
import { darken, lighten, mix } from '../colours.ts';
import { between } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { box, fill, group, line, n, type Point } from '../svg.ts';
import { below, birds, fir, firs, grass, heightAt, layerColour, mist, ridge, water } from './land.ts';
import { placeSun, sky } from './sky.ts';

export function mountains(stage: Stage): string {
  const { width, height, random, words, palette, gradients } = stage;
  const lake = words.also.has('sea') || random() < 0.45;
  const horizon = height * (lake ? 0.66 : 0.78);
  const sun = placeSun(stage, horizon);
  const parts = [sky(stage, { horizon, sun })];
  parts.push(peaks(stage, horizon, words.snow || random() < 0.6));
  const layers = 4;
  for (let at = 0; at < layers; at++) {
    const base = horizon - height * (0.15 - at * (lake ? 0.045 : 0.075));
    const points = ridge(random, width, base, height * (0.1 - at * 0.015), 0.35);
    const colour = layerColour(stage, at + 1, layers + 2);
    const shade = words.snow ? mix(colour, '#eef4fb', 0.45) : mix(colour, palette.green, 0.3);
    const bottom = lake ? horizon : height;
    if (at >= 1)
      parts.push(fill(firs(random, points, 34 - at * 2, 26 + at * 15), mix(shade, palette.near, 0.35)));
    parts.push(
      fill(
        below(points, bottom),
        gradients.linear([
          [0, shade],
          [1, mix(shade, palette.far, 0.55)],
        ]),
      ),
    );
    parts.push(mist(stage, base - height * 0.02, height * 0.12, palette.sky[3], words.mist ? 0.5 : 0.22));
  }
  if (lake) {
    parts.push(water(stage, horizon, sun.x), shore(stage));
  } else {
    const meadow = ridge(random, width, height * 0.9, height * 0.05, 0.1);
    const ground = words.snow ? mix('#f4f8fd', palette.sky[1], 0.25) : mix(palette.green, palette.near, 0.35);
    parts.push(
      fill(
        below(meadow, height),
        gradients.linear([
          [0, lighten(ground, 0.1)],
          [1, darken(ground, 0.4)],
        ]),
      ),
    );
    parts.push(cabin(stage, width * between(random, 0.2, 0.75), heightAt(meadow, width * 0.5) + 14));
    parts.push(shore(stage));
  }
  parts.push(birds(stage));
  return parts.join('');
}

/** Two or three great peaks with a lit and a shaded side, and snow on top. */
function peaks(
  { width, height, random, palette, gradients }: Stage,
  horizon: number,
  snowy: boolean,
): string {
  const lightFromLeft = random() < 0.5;
  const body = mix(palette.far, palette.near, 0.28);
  const count = 3;
  const order = Array.from({ length: count }, (_, at) => ({
    x: width * ((at + 0.5) / count + between(random, -0.1, 0.1)),
    tall: height * between(random, 0.3, 0.5),
  })).sort((one, other) => other.tall - one.tall);
  return order
    .reverse()
    .map(({ x, tall }) => {
      const half = tall * between(random, 0.95, 1.25);
      const top = horizon - tall;
      const flank = (side: number): Point[] =>
        Array.from({ length: 9 }, (_, at): Point => {
          const share = (at + 1) / 9;
          const jag = at < 8 ? between(random, -0.035, 0.035) * tall : 0;
          return [x + side * half * share ** 1.08 + jag, top + tall * share + jag * 0.6];
        });
      const spine: Point[] = Array.from({ length: 8 }, (_, at): Point => {
        const share = (at + 1) / 8;
        return [
          x + (at % 2 ? 1 : -1) * tall * between(random, 0.015, 0.05) + share * half * 0.12,
          top + tall * share,
        ];
      });
      const left = flank(-1);
      const right = flank(1);
      const outline = line([...left.toReversed(), [x, top], ...right]);
      const shaded = line([[x, top], ...(lightFromLeft ? right : left), ...spine.toReversed()]);
      const light = gradients.linear([
        [0, lighten(body, 0.18)],
        [1, mix(body, palette.sky[3], 0.55)],
      ]);
      const shadow = gradients.linear([
        [0, darken(body, 0.28), 0.85],
        [1, mix(body, palette.sky[3], 0.5), 0.3],
      ]);
      const parts = [fill(`${outline}z`, light), fill(`${shaded}z`, shadow)];
      if (snowy) {
        const cut = Math.round(between(random, 3, 4));
        const zigzag = (from: Point, to: Point): Point[] =>
          Array.from({ length: 7 }, (_, at): Point => {
            const share = (at + 1) / 8;
            const drop = (at % 2 ? -0.05 : 0.07) * tall * between(random, 0.6, 1.2);
            return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share + drop];
          });
        const l = left[cut]!;
        const r = right[cut]!;
        const hem = zigzag(l, r);
        const cap = line([
          [x, top],
          ...right.slice(0, cut + 1),
          ...hem.toReversed(),
          ...left.slice(0, cut + 1).toReversed(),
        ]);
        const side = lightFromLeft ? right.slice(0, cut + 1) : left.slice(0, cut + 1);
        const hemSide = lightFromLeft ? hem.slice(4).toReversed() : hem.slice(0, 3);
        const capShade = line([[x, top], ...side, ...hemSide, ...spine.slice(0, cut - 1).toReversed()]);
        const white = mix('#ffffff', palette.sun, 0.3);
        parts.push(
          fill(`${cap}z`, mix(white, palette.sky[1], 0.1)),
          fill(`${capShade}z`, mix(palette.sky[1], white, 0.42)),
        );
      }
      return parts.join('');
    })
    .join('');
}

function cabin(stage: Stage, x: number, foot: number): string {
  const { palette, words } = stage;
  const wall = mix(palette.near, '#5a3526', 0.4);
  const roof = words.snow ? '#eef3f9' : darken(wall, 0.35);
  return group(
    `translate(${n(x)} ${n(foot)})`,
    [
      fill(box(-26, -26, 52, 28), wall),
      fill('M-34 -22L0 -52L34 -22z', roof),
      fill(box(14, -50, 7, 20), wall),
      glow(stage, -4, -13, 60, palette.lamp, 0.5),
      fill(box(-17, -19, 12, 12) + box(5, -19, 12, 12), palette.lamp),
    ].join(''),
  );
}

/** Dark firs and grass at the near edge, as a frame. */
function shore(stage: Stage): string {
  const { width, height, random, palette, words } = stage;
  const ink = words.snow ? mix(palette.near, palette.sky[1], 0.15) : palette.near;
  const left = random() < 0.5;
  let path = '';
  for (let at = 0; at < 6; at++) {
    const along = at * between(random, 26, 44) - 20;
    path += fir(
      random,
      left ? along : width - along,
      height + 24,
      height * between(random, 0.2, 0.5) * (1 - at * 0.1),
    );
  }
  return fill(path, ink) + grass(stage, ink, 34, Math.round(width / 9));
}
