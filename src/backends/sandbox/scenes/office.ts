/** A desk before a wide window over a city. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { box, dot, fill, group, n, stroke } from '../svg.ts';
import { lens } from './land.ts';
import { sky } from './sky.ts';

export function office(stage: Stage): string {
  const { width, height, random, palette, gradients, words } = stage;
  const night = words.time === 'night';
  const sill = height * 0.64;
  const wall = night ? mix(palette.near, palette.sky[1], 0.4) : mix('#f3eadf', palette.sky[1], 0.14);
  const floor = night ? darken(wall, 0.35) : mix('#c9a27e', palette.sky[1], 0.12);
  const parts = [sky(stage, { horizon: sill }), distantTowers(stage, sill)];

  // The room around the window.
  const left = width * 0.06;
  const right = width * 0.94;
  const top = height * 0.08;
  parts.push(
    fill(`${box(0, 0, width, height)}M${n(left)} ${n(top)}V${n(sill)}H${n(right)}V${n(top)}z`, wall).replace(
      '<path',
      '<path fill-rule="evenodd"',
    ),
  );
  const panes = Math.max(2, Math.round((right - left) / 230));
  let bars = `M${n(left)} ${n(top + (sill - top) * 0.2)}H${n(right)}`;
  for (let at = 0; at <= panes; at++)
    bars += `M${n(left + ((right - left) * at) / panes)} ${n(top)}V${n(sill)}`;
  const frame = night ? darken(wall, 0.5) : mix('#3b3f4a', wall, 0.12);
  parts.push(stroke(`${bars}M${n(left)} ${n(top)}H${n(right)}M${n(left)} ${n(sill)}H${n(right)}`, frame, 6));
  parts.push(
    fill(
      `M${n(left + 40)} ${n(top)}h110L${n(left + 10)} ${n(sill)}h-10V${n(top + 190)}zM${n(right - 200)} ${n(top)}h70L${n(right - 330)} ${n(sill)}h-70z`,
      '#ffffff',
      0.1,
    ),
  );

  const floorTop = height * 0.74;
  parts.push(
    rect(
      0,
      sill + 3,
      width,
      floorTop - sill,
      gradients.linear([
        [0, darken(wall, 0.1)],
        [1, darken(wall, 0.02)],
      ]),
    ),
  );
  parts.push(
    rect(
      0,
      floorTop,
      width,
      height - floorTop,
      gradients.linear([
        [0, lighten(floor, 0.12)],
        [1, darken(floor, 0.22)],
      ]),
    ),
  );
  let patches = '';
  for (let at = 0; at < panes; at++) {
    const x = left + ((right - left) * at) / panes;
    const wide = (right - left) / panes - 16;
    patches += `M${n(x + 30)} ${n(floorTop + 8)}h${n(wide * 0.9)}L${n(x + wide - 50)} ${n(height)}h${n(-wide * 1.1)}z`;
  }
  parts.push(fill(patches, night ? palette.sky[3] : palette.sun, night ? 0.06 : 0.42));

  const table = height * 0.73;
  const scale = Math.min(1.25, width / 900);
  parts.push(plant(stage, width * 0.1, height * 0.9, height * 0.42));
  parts.push(
    group(
      `translate(${n(width * between(random, 0.47, 0.55))} ${n(table)}) scale(${n(scale * 10) === '0' ? 1 : Math.round(scale * 100) / 100})`,
      desk(stage, night),
    ),
  );
  parts.push(pendants(stage, night));
  parts.push(shelf(stage, width * 0.9, height * 0.88));
  return parts.join('');
}

function distantTowers({ width, height, random, palette, words }: Stage, foot: number): string {
  let far = '';
  let near = '';
  let windows = '';
  for (let x = 0; x < width; ) {
    const wide = between(random, 34, 80);
    far += box(x, foot - height * between(random, 0.12, 0.32), wide, height);
    const tall = height * between(random, 0.05, 0.22);
    near += box(x + 14, foot - tall, wide * 0.8, tall);
    for (let y = foot - tall + 10; y < foot - 8; y += 13) {
      for (let wx = x + 20; wx < x + wide * 0.8; wx += 11) if (random() < 0.4) windows += box(wx, y, 5, 6);
    }
    x += wide + between(random, -10, 24);
  }
  const night = words.time === 'night';
  return (
    fill(far, mix(palette.far, palette.sky[3], night ? 0.2 : 0.5)) +
    fill(near, mix(palette.far, palette.near, night ? 0.5 : 0.16)) +
    fill(windows, night ? palette.lamp : '#ffffff', night ? 0.8 : 0.4)
  );
}

/** Desk, screen, lamp, books and chair; the origin is the middle of the table top. */
function desk(stage: Stage, night: boolean): string {
  const { palette, gradients, random } = stage;
  const wood = night ? mix('#6b4632', palette.near, 0.4) : '#b9794d';
  const ink = mix('#2b2d38', palette.near, 0.4);
  const screen = gradients.linear(
    [
      [0, mix(palette.sky[1], palette.other, 0.3)],
      [0.6, palette.sky[2]],
      [1, palette.sky[3]],
    ],
    [0, 0, 0.5, 1],
  );
  const cloth = mix(palette.accent, ink, 0.15);
  return [
    fill(box(-262, 12, 14, 150) + box(248, 12, 14, 150), darken(wood, 0.45)),
    fill(lens(0, 168, 330, 10), darken(ink, 0.3), 0.3),
    // Chair, half behind the table.
    fill('M-66 -40Q-72 -96 -34 -98H34Q72 -96 66 -40L58 26H-58z', cloth),
    fill(
      'M-56 40H56Q66 66 40 68H-40Q-66 66 -56 40zM-5 66H5V120H-5zM-44 132Q0 96 44 132L40 138Q0 112 -40 138z',
      darken(cloth, 0.35),
    ),
    fill(box(-290, -2, 580, 16), wood),
    fill(box(-290, -2, 580, 4), lighten(wood, 0.25)),
    fill(box(-250, 14, 130, 84), darken(wood, 0.18)),
    stroke('M-240 40h110M-240 68h110', darken(wood, 0.5), 2),
    // Screen with a landscape of its own.
    glow(stage, 96, -92, 190, palette.sky[3], night ? 0.5 : 0.14),
    fill(`${box(86, -34, 20, 32)}M50 -6Q96 -18 142 -6V-2H50z`, ink),
    fill('M-14 -158Q-14 -164 -8 -164H200Q206 -164 206 -158V-36Q206 -30 200 -30H-8Q-14 -30 -14 -36z', ink),
    fill(box(-7, -157, 206, 118), screen),
    fill('M-7 -66Q30 -96 66 -74T130 -84T199 -70V-39H-7z', mix(palette.far, palette.near, 0.4)),
    fill(dot(140, -122, 15), palette.sun),
    fill('M16 -4Q60 -12 104 -4V-1H16z', lighten(ink, 0.4)),
    // Lamp.
    stroke('M-212 -4L-196 -80L-150 -122', ink, 5),
    fill(
      'M-168 -140L-122 -112L-138 -86Q-176 -96 -168 -140zM-236 -4Q-212 -14 -188 -4V-1H-236z',
      palette.accent,
    ),
    glow(stage, -134, -92, 120, palette.lamp, night ? 0.8 : 0.4),
    // Books and a cup.
    fill(box(-112, -14, 76, 12), palette.other) +
      fill(box(-106, -27, 64, 13), mix(palette.accent, '#ffffff', 0.25)) +
      fill(box(-110, -38, 70, 11), mix(ink, palette.sky[1], 0.5)),
    fill('M232 -36h28l-4 34h-20z', '#fbf6ee') + stroke('M259 -28q14 0 10 12q-3 8 -12 8', '#fbf6ee', 4),
    random() < 0.7
      ? stroke('M240 -44q-7 -10 0 -20t0 -20M252 -44q-7 -10 0 -20t0 -20', '#ffffff', 2.4, 0.5)
      : '',
  ].join('');
}

function plant({ random, palette }: Stage, x: number, foot: number, tall: number): string {
  const green = mix(palette.green, palette.near, 0.2);
  let dark = '';
  let light = '';
  for (let at = 0; at < 11; at++) {
    const turn = -Math.PI / 2 + ((at + random()) / 11 - 0.5) * 2.4;
    const reach = tall * between(random, 0.55, 0.95);
    const [tx, ty] = [x + Math.cos(turn) * reach * 0.62, foot - tall * 0.3 + Math.sin(turn) * reach * 0.75];
    const [sx, sy] = [-Math.sin(turn) * reach * 0.13, Math.cos(turn) * reach * 0.13];
    const [mx, my] = [x + (tx - x) * 0.6, foot - tall * 0.3 + (ty - foot + tall * 0.3) * 0.7];
    const shape = `M${n(x)} ${n(foot - tall * 0.25)}Q${n(mx + sx)} ${n(my + sy)} ${n(tx)} ${n(ty)}Q${n(mx - sx)} ${n(my - sy)} ${n(x)} ${n(foot - tall * 0.25)}z`;
    if (at % 2) dark += shape;
    else light += shape;
  }
  const pot = tall * 0.16;
  return [
    fill(dark, darken(green, 0.25)),
    fill(light, lighten(green, 0.08)),
    fill(
      `M${n(x - pot)} ${n(foot - tall * 0.28)}h${n(pot * 2)}L${n(x + pot * 0.75)} ${n(foot)}H${n(x - pot * 0.75)}z`,
      mix('#efe5d8', palette.other, 0.2),
    ),
    fill(box(x - pot * 1.1, foot - tall * 0.31, pot * 2.2, tall * 0.05), mix('#fff8ee', palette.other, 0.2)),
  ].join('');
}

function pendants(stage: Stage, night: boolean): string {
  const { width, height, palette, random } = stage;
  return [0.32, 0.5, 0.68]
    .map((across, at) => {
      const x = width * across;
      const y = height * (0.17 + 0.03 * at + between(random, 0, 0.03));
      return [
        stroke(`M${n(x)} 0V${n(y)}`, '#3a3d47', 2.4),
        glow(stage, x, y + 26, 120, palette.lamp, night ? 0.75 : 0.4),
        fill(
          `M${n(x - 36)} ${n(y + 26)}Q${n(x - 32)} ${n(y)} ${n(x)} ${n(y)}T${n(x + 36)} ${n(y + 26)}z`,
          mix('#2d3039', palette.accent, 0.2),
        ),
        fill(lens(x, y + 27, 30, 12), palette.lamp),
      ].join('');
    })
    .join('');
}

function shelf({ palette, random }: Stage, x: number, foot: number): string {
  const wood = mix('#a86f48', palette.near, 0.2);
  const inks = [palette.accent, palette.other, palette.sky[1], palette.sky[0], '#f5ecdf', palette.green];
  const parts = [
    fill(`${box(x - 80, foot - 230, 8, 230)}${box(x + 72, foot - 230, 8, 230)}`, darken(wood, 0.2)),
  ];
  for (let row = 0; row < 4; row++) {
    const y = foot - 22 - row * 66;
    parts.push(fill(box(x - 84, y, 168, 8), wood));
    for (let at = x - 66; at < x + 50; ) {
      const thick = between(random, 8, 17);
      const tall = between(random, 26, 46);
      if (random() < 0.84)
        parts.push(fill(box(at, y - tall, thick, tall), mix(pick(random, inks), palette.near, 0.12)));
      at += thick + 2;
    }
  }
  return parts.join('');
}
