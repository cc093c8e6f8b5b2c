/** Plants in heaps: ferns and broad leaves, and what glows among them. */
import { lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { dot, fill, n, stroke } from '../svg.ts';

/** What glows in the dark there. */
export const BIOLUMINESCENT = ['#3df5d0', '#7fb8ff', '#d58bff'] as const;

/** Plants in a heap: ferns at the foot, broad leaves that rise and bend over, and lights among them. */
export function thicket(
  stage: Stage,
  x: number,
  foot: number,
  size: number,
  share: number,
  glowing: boolean,
): { plants: string; lights: string } {
  const { random, palette } = stage;
  const air = mix(palette.sky[3], palette.sky[2], 0.5);
  const shine = glowing ? BIOLUMINESCENT : [palette.green, palette.accent, palette.other];
  const deep = glowing ? mix('#0a4a52', palette.near, 0.35) : mix(palette.green, palette.near, 0.5);
  const fresh = glowing ? mix('#2fbf9f', palette.sky[1], 0.12) : lighten(palette.green, 0.12);
  const dull = (colour: string) => mix(colour, air, 0.5 * (1 - share));
  const parts: string[] = [];
  for (let layer = share < 0.4 ? 1 : 0; layer < 3; layer++) {
    const tint = [0.08, 0.45, 0.85][layer]!;
    const colour = dull(mix(deep, fresh, tint));
    const lit = dull(mix(lighten(deep, 0.12), lighten(fresh, 0.22), tint));
    let shapes = '';
    let halves = '';
    let veins = '';
    const leaves = 5;
    for (let at = 0; at < leaves; at++) {
      const lean = ((at + random()) / leaves - 0.5) * (1.3 + layer * 0.5);
      const drawn = leaf(
        x + between(random, -0.25, 0.25) * size,
        foot,
        lean,
        size * between(random, 0.75, 1.1) * (1.12 - layer * 0.28),
      );
      shapes += drawn.shape;
      halves += drawn.half;
      veins += drawn.vein;
    }
    parts.push(
      fill(shapes, colour),
      fill(halves, lit),
      stroke(
        veins,
        dull(glowing ? shine[layer % 3]! : lighten(fresh, 0.35)),
        0.5 + size * 0.005,
        glowing ? 0.75 : 0.5,
      ),
    );
    let ferns = '';
    for (let at = 0; at < 2; at++) {
      const turn = -Math.PI / 2 + ((at + random()) / 2 - 0.5) * 2.7;
      ferns += frond(x + between(random, -0.4, 0.4) * size, foot, turn, size * between(random, 0.4, 0.62));
    }
    parts.push(fill(ferns, dull(mix(deep, fresh, tint * 0.8 + 0.1))));
  }
  const lights = [glowing ? glow(stage, x, foot - size * 0.5, size * 0.72, shine[0]!, 0.3) : ''];
  let cores = '';
  for (let at = 0; at < (share < 0.4 ? 3 : 6); at++) {
    const px = x + between(random, -0.6, 0.6) * size;
    const py = foot - between(random, 0.12, 0.95) * size;
    const light = pick(random, shine);
    if (glowing) lights.push(glow(stage, px, py, size * between(random, 0.1, 0.2), light, 0.85));
    cores += dot(px, py, size * between(random, 0.01, 0.022));
  }
  lights.push(fill(cores, glowing ? '#f4fffb' : dull(palette.accent)));
  return { plants: parts.join(''), lights: lights.join('') };
}

/** A long blade that rises, widens and bends over: outline, its lit half, and the rib between. */
export function leaf(
  x: number,
  y: number,
  lean: number,
  reach: number,
): { shape: string; half: string; vein: string } {
  const way = lean < 0 ? -1 : 1;
  const [bx, by] = [x + Math.sin(lean) * reach * 0.3, y - Math.cos(lean) * reach * 0.36];
  const [mx, my] = [x + Math.sin(lean) * reach * 0.62, y - Math.cos(lean) * reach * 0.92];
  const [tx, ty] = [
    x + Math.sin(lean) * reach * 0.95 + way * reach * 0.16,
    y - Math.cos(lean) * reach * (0.98 - Math.abs(lean) * 0.25),
  ];
  const broad = reach * 0.15;
  const [ox, oy] = [Math.cos(lean) * broad, Math.sin(lean) * broad];
  const rib = `Q${n(mx)} ${n(my)} ${n(tx)} ${n(ty)}`;
  const back = (side: number) => `Q${n(mx + side * ox)} ${n(my + side * oy)} ${n(bx)} ${n(by)}z`;
  return {
    // One outline, always the same way round: leaves that overlap in one path must not cut holes in each other.
    shape: `M${n(bx)} ${n(by)}Q${n(mx - 2 * ox)} ${n(my - 2 * oy)} ${n(tx)} ${n(ty)}${back(2)}`,
    half:
      way > 0
        ? `M${n(bx)} ${n(by)}Q${n(mx - 2 * ox)} ${n(my - 2 * oy)} ${n(tx)} ${n(ty)}${back(0)}`
        : `M${n(bx)} ${n(by)}${rib}${back(2)}`,
    vein: `M${n(x)} ${n(y)}Q${n(x + Math.sin(lean) * reach * 0.1)} ${n(y - reach * 0.2)} ${n(bx)} ${n(by)}${rib}`,
  };
}

/** A fern's frond: pointed leaflets in pairs along an arch. */
function frond(x: number, y: number, turn: number, reach: number): string {
  const way = Math.cos(turn) > 0 ? 1 : -1;
  const spot = (share: number): [number, number] => [
    x + Math.cos(turn) * reach * share + way * reach * 0.2 * share ** 2,
    y + Math.sin(turn) * reach * share + reach * 0.4 * share ** 2.4,
  ];
  let shape = '';
  const pairs = 7;
  for (let at = 1; at <= pairs; at++) {
    const share = at / pairs;
    const [px, py] = spot(share);
    const [qx, qy] = spot(share - 0.13);
    const along = Math.atan2(py - qy, px - qx);
    const long = reach * (0.26 - 0.2 * share);
    for (const side of [-1, 1]) {
      const out = along + side * 0.95;
      shape += `M${n(qx)} ${n(qy)}L${n(px + Math.cos(out) * long)} ${n(py + Math.sin(out) * long)}L${n(px)} ${n(py)}z`;
    }
  }
  return shape;
}
