/** A head and shoulders before a scene out of focus, lit from both sides. */
import { darken, lighten, mix } from '../colours.ts';
import { between, pick } from '../random.ts';
import { glow, rect, type Stage } from '../stage.ts';
import { dot, fill, group, n, stroke } from '../svg.ts';

const SKINS = ['#f2c9ac', '#e3a987', '#c98a66', '#9c6445', '#6f4632'] as const;
const HAIRS = ['#2a1a1c', '#4a2b22', '#7a4a2a', '#a8703c', '#d9b271', '#1c1b24', '#8c3b2e'] as const;

/** The figure, to be drawn over a backdrop. */
export function figure(stage: Stage): string {
  const { width, height, random, palette, words } = stage;
  const dark = words.time === 'night' || words.neon;
  const skin = pick(random, SKINS);
  const hair = pick(random, HAIRS);
  const coat = mix(
    palette.near,
    pick(random, [palette.accent, palette.other, '#3b3550', '#5b4a3f']),
    dark ? 0.32 : 0.5,
  );
  const light = dark ? palette.accent : mix(palette.sun, palette.sky[3], 0.4);
  const rim = dark ? palette.other : mix(palette.sun, '#ffffff', 0.4);
  const flip = random() < 0.5 ? -1 : 1;
  const scale = Math.min(height / 760, width / 640);
  const x = width * (width > height * 1.2 ? between(random, 0.4, 0.6) : 0.5);
  const look: Look = { skin, hair, coat, light, rim, dark };
  const tilt = between(random, -5, 5);
  const umbrella = words.rain ? umbrellaBehind(stage, look) : '';
  const man = words.man;
  const long = !man && random() < 0.6;
  const parts = [
    umbrella,
    glow(stage, -190, -40, 320, light, dark ? 0.34 : 0.3),
    glow(stage, 200, 60, 300, rim, dark ? 0.3 : 0.2),
    group(`rotate(${n(tilt)} 0 120)`, man ? '' : hairBehind(stage, look, long)),
    body(stage, look, man),
    group(
      `rotate(${n(tilt)} 0 120)`,
      head(stage, look, man) + (man ? hairShort(stage, look) : hairFront(stage, look, long)),
    ),
  ];
  return group(
    `translate(${n(x)} ${n(height - 395 * scale)}) scale(${n(scale * flip * 10) === '0' ? scale : Math.round(scale * flip * 1000) / 1000} ${Math.round(scale * 1000) / 1000})`,
    parts.join(''),
  );
}

interface Look {
  skin: string;
  hair: string;
  coat: string;
  light: string;
  rim: string;
  dark: boolean;
}

/** Across a form: lit from the left, shaded in the middle, a rim of the other light on the right. */
function sideLight({ gradients }: Stage, base: string, { light, rim, dark }: Look, strength = 1) {
  const shade = dark ? mix(darken(base, 0.52), '#1a1440', 0.35) : darken(base, 0.16);
  return gradients.linear(
    [
      [0, mix(base, light, 0.62 * strength)],
      [0.26, mix(base, light, (dark ? 0.26 : 0.12) * strength)],
      [0.56, mix(base, shade, 0.72)],
      [0.84, shade],
      [0.93, mix(shade, rim, 0.5 * strength)],
      [1, mix(base, rim, 0.85 * strength)],
    ],
    [0, 0, 1, 0.12],
  );
}

function head(stage: Stage, look: Look, man: boolean): string {
  const { random } = stage;
  const { skin, dark } = look;
  const ink = dark ? mix(darken(skin, 0.78), '#160d2c', 0.5) : mix(darken(skin, 0.66), look.hair, 0.3);
  const jaw = man ? 50 : 36;
  const chin = man ? 142 : 138;
  const face = `M-94 -52C-99 -2 -95 44 -82 74C-72 98 -54 120 ${-jaw} ${chin - 10}Q0 ${chin + 12} ${jaw} ${chin - 10}C54 120 72 98 82 74C95 44 99 -2 94 -52C92 -152 -92 -152 -94 -52z`;
  const lips = man ? mix(skin, '#8a3f3a', 0.35) : mix(skin, '#c2273f', 0.55);
  const lip = dark ? mix(lips, '#3a1030', 0.25) : lips;
  const brow = mix(look.hair, ink, 0.6);
  const closed = random() < 0.45;
  const eye = (side: number) =>
    closed
      ? stroke(`M${side * 62} 3Q${side * 42} 17 ${side * 22} 5`, ink, 4) +
        (man
          ? ''
          : stroke(
              `M${side * 63} 4l${side * 8} 4M${side * 56} 9l${side * 6} 7M${side * 48} 12l${side * 4} 8`,
              ink,
              2.4,
            ))
      : eyeOpen(side, ink, look, man);
  return [
    fill(`M-97 -12C-112 -20 -114 22 -92 32z`, mix(skin, look.light, 0.35)),
    fill(`M97 -12C112 -20 114 22 92 32z`, mix(darken(skin, 0.4), look.rim, 0.45)),
    fill(face, sideLight(stage, skin, look)),
    // Cheeks, the shade under the brow and beside the nose.
    glow(stage, -48, 52, 46, mix('#ff5a5f', look.light, 0.3), 0.3),
    glow(stage, 46, 52, 42, mix('#ff5a5f', look.rim, 0.4), 0.2),
    fill('M6 -16C10 10 18 34 23 45Q26 58 8 60Q14 44 4 20z', darken(skin, dark ? 0.66 : 0.3), 0.35),
    stroke('M-13 57Q-4 65 6 62Q14 62 18 56', ink, 2.6, 0.65),
    stroke(man ? 'M-68 -28Q-46 -42 -20 -29' : 'M-70 -24Q-50 -44 -20 -31', brow, man ? 9 : 5.5),
    stroke(man ? 'M68 -28Q46 -42 20 -29' : 'M70 -24Q50 -44 20 -31', brow, man ? 9 : 5.5),
    eye(-1),
    eye(1),
    man
      ? fill(
          'M-78 70C-66 112 -44 132 -34 138Q0 152 34 138C44 132 66 112 78 70Q60 92 30 84Q0 74 -30 84Q-60 92 -78 70z',
          look.hair,
          0.42,
        )
      : '',
    fill('M-29 95Q-14 84 -5 87Q0 90 5 87Q14 84 29 95Q14 98 0 97Q-14 98 -29 95z', darken(lip, 0.18)),
    fill('M-29 95Q-14 99 0 98Q14 99 29 95Q18 114 0 114Q-18 114 -29 95z', lip),
    fill('M-14 104Q-4 101 4 104Q-4 108 -14 104z', lighten(lip, 0.5), 0.6),
  ].join('');
}

function eyeOpen(side: number, ink: string, look: Look, man: boolean): string {
  const x = side * 43;
  const white = look.dark ? mix('#ffffff', side < 0 ? look.light : look.rim, 0.3) : '#fffaf4';
  const iris = mix('#3f6a7a', look.hair, 0.35);
  return [
    fill(`M${x - 23} 5Q${x} -13 ${x + 23} 4Q${x} 17 ${x - 23} 5z`, white, look.dark ? 0.88 : 1),
    fill(dot(x, 2.5, 9.2), iris),
    fill(dot(x, 2.5, 4.6), darken(ink, 0.5)),
    fill(dot(x - 3.2, -1, 2.6), '#ffffff', 0.95),
    stroke(`M${x - 24} 5Q${x} -15 ${x + 24} 4`, ink, man ? 3.6 : 4.6),
    man ? '' : stroke(`M${x + side * 23} 3l${side * 9} -6M${x + side * 17} -2l${side * 8} -7`, ink, 2.6),
    stroke(`M${x - 20} -13Q${x} -24 ${x + 20} -13`, ink, 1.8, 0.35),
  ].join('');
}

function body(stage: Stage, look: Look, man: boolean): string {
  const { random } = stage;
  const wide = man ? 300 : 262;
  const neck = man ? 58 : 44;
  const coat = sideLight(stage, look.coat, look);
  const collar = sideLight(stage, lighten(look.coat, 0.1), look, 0.8);
  const shirt = mix(look.coat, '#efe6dc', 0.5);
  const open = random() < 0.5;
  return [
    fill(
      `M${-neck} 60C${-neck} 150 ${-neck - 4} 180 ${-neck - 30} 214L0 330L${neck + 30} 214C${neck + 4} 180 ${neck} 150 ${neck} 60z`,
      sideLight(stage, darken(look.skin, 0.08), look),
    ),
    fill(
      `M${-neck} 118Q0 196 ${neck} 118L${neck} 150Q0 218 ${-neck} 150z`,
      darken(look.skin, 0.72),
      look.dark ? 0.5 : 0.26,
    ),
    fill(
      `M${-wide} 420C${-wide + 6} 296 ${-wide * 0.72} 250 ${-neck - 40} 206L0 ${open ? 372 : 318}L${neck + 40} 206C${wide * 0.72} 250 ${wide - 6} 296 ${wide} 420z`,
      coat,
    ),
    open
      ? ''
      : fill(
          `M${-neck - 22} 200Q0 282 ${neck + 22} 200L${neck + 34} 236Q0 330 ${-neck - 34} 236z`,
          shirt,
          0.85,
        ),
    fill(
      `M${-neck - 34} 190C${-neck - 60} 232 ${-neck - 64} 262 ${-neck - 50} 300L-18 ${open ? 400 : 352}L${-neck + 4} 268z`,
      collar,
    ),
    fill(
      `M${neck + 34} 190C${neck + 60} 232 ${neck + 64} 262 ${neck + 50} 300L18 ${open ? 400 : 352}L${neck - 4} 268z`,
      collar,
    ),
    stroke(
      `M${-neck - 50} 300L-18 ${open ? 400 : 352}M${neck + 50} 300L18 ${open ? 400 : 352}`,
      darken(look.coat, 0.5),
      2.5,
      0.7,
    ),
    stroke(`M${wide} 420C${wide - 6} 296 ${wide * 0.72} 250 ${neck + 46} 209`, look.rim, 4, 0.75),
    stroke(`M${-wide} 420C${-wide + 6} 296 ${-wide * 0.72} 250 ${-neck - 46} 209`, look.light, 4, 0.75),
  ].join('');
}

function hairBehind(stage: Stage, look: Look, long: boolean): string {
  const shape = long
    ? 'M0 -172C-92 -174 -132 -104 -130 -20C-128 60 -158 110 -150 190C-146 250 -120 286 -86 300C-40 270 40 270 86 300C120 286 146 250 150 190C158 110 128 60 130 -20C132 -104 92 -174 0 -172z'
    : 'M0 -172C-92 -174 -134 -104 -132 -20C-132 60 -146 96 -128 148C-108 168 -70 150 -60 130H60C70 150 108 168 128 148C146 96 132 60 132 -20C134 -104 92 -174 0 -172z';
  return fill(shape, sideLight(stage, darken(look.hair, 0.2), look));
}

/** A parting with a sweep to either side, and strands that catch the light. */
function hairFront(stage: Stage, look: Look, long: boolean): string {
  const { random } = stage;
  const part = between(random, -34, 4);
  const end = long ? 236 : 136;
  const left = `M${n(part)} -150C-40 -176 -128 -160 -126 -40C-124 20 -136 60 ${long ? -140 : -130} ${n(end * 0.55)}C-146 ${n(end * 0.8)} -128 ${n(end)} -112 ${n(end)}C-122 ${n(end * 0.75)} -104 ${n(end * 0.45)} -100 40C-98 -10 -88 -60 ${n(part)} -132z`;
  const right = `M${n(part - 6)} -146C40 -184 130 -160 126 -40C124 20 138 60 ${long ? 142 : 130} ${n(end * 0.55)}C146 ${n(end * 0.8)} 130 ${n(end)} 112 ${n(end)}C124 ${n(end * 0.75)} 106 ${n(end * 0.45)} 102 40C100 -14 74 -74 ${n(part)} -126z`;
  const hair = sideLight(stage, look.hair, look);
  const strands = [0, 1, 2, 3]
    .map(
      (at) =>
        `M${n(part - 8 - at * 9)} ${-146 + at * 4}C${-70 - at * 8} -140 ${-104 - at * 4} -90 ${-108 - at * 4} -20C${-110 - at * 3} 30 ${-118 - at * 3} 70 ${-124 - at} ${n(end * 0.6)}`,
    )
    .join('');
  const other = [0, 1, 2]
    .map(
      (at) =>
        `M${n(part + 10 + at * 12)} ${-150 + at * 2}C${60 + at * 10} -146 ${104 + at * 6} -90 ${108 + at * 5} -20C${110 + at * 4} 30 ${118 + at * 4} 70 ${126 + at * 3} ${n(end * 0.6)}`,
    )
    .join('');
  const drop = random() < 0.6 ? fill(dot(-99, 66, 7) + dot(99, 66, 7), mix('#ffe9b8', look.rim, 0.3)) : '';
  return [
    drop,
    fill(left, hair),
    fill(right, hair),
    stroke(strands, lighten(look.light, 0.15), 2, 0.5),
    stroke(other, lighten(look.rim, 0.1), 2.2, 0.5),
  ].join('');
}

function hairShort(stage: Stage, look: Look): string {
  const hair = sideLight(stage, look.hair, look);
  return [
    fill(
      'M-99 -6C-116 -80 -100 -150 -40 -166C10 -186 92 -172 106 -104C112 -70 104 -30 99 -6C94 -20 92 -44 84 -62C64 -84 40 -78 10 -92C-20 -82 -60 -92 -82 -58C-92 -44 -94 -22 -99 -6z',
      hair,
    ),
    stroke(
      'M-70 -100C-50 -140 0 -152 40 -148M-50 -92C-30 -122 10 -132 60 -126M-86 -70C-84 -110 -60 -140 -30 -152',
      lighten(look.light, 0.2),
      2.4,
      0.45,
    ),
    stroke('M104 -100C108 -70 102 -36 99 -12', look.rim, 4, 0.8),
  ].join('');
}

/** A clear umbrella behind the head, with drops on it. */
function umbrellaBehind(stage: Stage, look: Look): string {
  const { random, gradients } = stage;
  const paint = gradients.linear(
    [
      [0, look.rim, 0.3],
      [0.5, '#ffffff', 0.1],
      [1, look.light, 0.34],
    ],
    [1, 0, 0, 0.3],
  );
  const dome =
    'M-350 -40C-340 -330 340 -330 350 -40Q290 -84 235 -46Q175 -92 118 -50Q58 -94 0 -52Q-58 -94 -118 -50Q-175 -92 -235 -46Q-290 -84 -350 -40z';
  let drops = '';
  for (let at = 0; at < 70; at++) {
    const angle = between(random, Math.PI * 1.06, Math.PI * 1.94);
    const reach = between(random, 0.3, 0.95);
    drops += dot(Math.cos(angle) * 325 * reach, -44 + Math.sin(angle) * 205 * reach, between(random, 1, 3.2));
  }
  return [
    stroke('M14 -256L60 420', darken(look.coat, 0.3), 7),
    fill(dome, paint),
    stroke(dome, '#ffffff', 2.4, 0.5),
    stroke(
      'M0 -258Q-210 -220 -235 -46M0 -258Q-110 -200 -118 -50M0 -258V-52M0 -258Q110 -200 118 -50M0 -258Q210 -220 235 -46',
      '#ffffff',
      1.6,
      0.42,
    ),
    fill(drops, '#ffffff', 0.6),
  ].join('');
}

/** Darkens the picture's edges towards the figure. */
export function portraitShade(stage: Stage): string {
  const { width, height, palette, gradients } = stage;
  return rect(
    0,
    0,
    width,
    height,
    gradients.linear([
      [0, palette.near, 0.25],
      [0.4, palette.near, 0],
      [1, palette.near, 0.4],
    ]),
  );
}
