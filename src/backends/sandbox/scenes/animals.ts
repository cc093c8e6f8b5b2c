/** A cat, dog, fox, bird or whale, as a silhouette in a landscape. */
import { darken, lighten, mix } from '../colours.ts';
import { between } from '../random.ts';
import { glow, type Stage } from '../stage.ts';
import { dot, fill, group, n, stroke } from '../svg.ts';
import { below, grass, heightAt, layerColour, lens, mist, ridge, water } from './land.ts';
import { sky } from './sky.ts';

export function animal(stage: Stage): string {
  return stage.words.animal === 'whale' ? whale(stage) : onTheHill(stage);
}

function onTheHill(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const x = width * between(random, 0.36, 0.6);
  const sun = { x: x + between(random, -50, 50), y: height * 0.46, radius: Math.min(width, height) * 0.22 };
  const parts = [sky(stage, { horizon: height * 0.8, sun, clouds: false })];
  for (let at = 0; at < 3; at++) {
    const points = ridge(random, width, height * (0.66 + 0.07 * at), height * 0.06, 0.3);
    parts.push(
      fill(below(points, height), mix(layerColour(stage, at, 5), palette.green, 0.15)),
      mist(stage, height * (0.62 + 0.07 * at), height * 0.14, palette.sky[3], 0.3),
    );
  }
  const hill = ridge(random, width, height * 0.86, height * 0.035, 0.1);
  const ink = mix(palette.near, palette.sky[0], 0.1);
  parts.push(grass(stage, ink, 60, Math.round(width / 10), height * 0.9));
  parts.push(
    fill(
      below(hill, height),
      gradients.linear([
        [0, ink],
        [1, darken(ink, 0.4)],
      ]),
    ),
  );
  const scale = Math.min(height / 640, width / 640) * 1.12;
  const foot = heightAt(hill, x) + 8;
  const flip = random() < 0.5 ? -1 : 1;
  parts.push(
    group(
      `translate(${n(x)} ${n(foot)}) scale(${Math.round(scale * flip * 100) / 100} ${Math.round(scale * 100) / 100})`,
      creature(stage, words.animal, ink),
    ),
  );
  parts.push(grass(stage, ink, 46, Math.round(width / 12), height * 0.92));
  return parts.join('');
}

/** Sitting, seen from behind and to one side; the origin is between its feet. */
function creature(stage: Stage, kind: Stage['words']['animal'], ink: string): string {
  const { palette } = stage;
  const edge = mix(palette.sun, palette.accent, 0.3);
  if (kind === 'bird') return owl(stage, ink, edge);
  const coat = kind === 'fox' ? mix('#d9622b', ink, 0.42) : kind === 'dog' ? mix('#6b4a35', ink, 0.55) : ink;
  const tail =
    kind === 'fox'
      ? 'M66 -22C120 -6 170 -40 172 -92C176 -128 150 -140 148 -112C146 -80 116 -62 78 -70z'
      : kind === 'dog'
        ? 'M70 -24C104 -26 128 -50 132 -86C134 -96 144 -94 144 -84C144 -40 110 -2 66 -4z'
        : 'M62 -14C112 0 156 -20 154 -66C152 -96 120 -100 122 -76C124 -44 96 -34 66 -40z';
  const body = 'M-46 0C-50 -60 -48 -112 -30 -152C-22 -176 10 -190 30 -168C64 -130 92 -74 82 0z';
  const head =
    'M-74 -204C-76 -246 -44 -268 -8 -266C28 -268 58 -244 56 -204C54 -168 24 -150 -8 -150C-42 -150 -72 -168 -74 -204z';
  const ears =
    kind === 'dog'
      ? 'M-64 -240C-96 -240 -104 -190 -90 -162C-78 -150 -66 -176 -58 -206zM46 -240C78 -240 86 -190 72 -162C60 -150 48 -176 40 -206z'
      : kind === 'fox'
        ? 'M-70 -214L-76 -312L-14 -258zM52 -214L60 -312L-2 -258z'
        : 'M-70 -220L-66 -294L-18 -258zM52 -220L48 -294L0 -258z';
  const parts = [
    fill(tail, coat),
    kind === 'fox' ? fill('M172 -92C176 -128 150 -140 148 -112C152 -104 164 -96 172 -92z', '#f5e8da') : '',
    fill(body + head, coat),
    fill(ears, coat),
    stroke('M82 0C92 -74 64 -130 40 -156', edge, 4, 0.8),
    stroke(
      kind === 'dog'
        ? 'M56 -204C58 -244 28 -268 -8 -266'
        : 'M57 -204C57 -216 54 -226 50 -234M2 -260C-2 -264 -10 -264 -16 -260',
      edge,
      4,
      0.8,
    ),
    kind === 'dog'
      ? ''
      : stroke(kind === 'fox' ? 'M2 -259L60 -311L54 -226' : 'M4 -259L48 -293L52 -232', edge, 4, 0.8),
    fill(`${dot(-34, -208, 8)}${dot(14, -208, 8)}`, palette.lamp),
    fill('M-35 -215q3 7 0 14q-4 -7 0 -14zM13 -215q3 7 0 14q-4 -7 0 -14z', darken(ink, 0.6)),
    kind === 'fox'
      ? fill(
          'M-73 -204C-72 -168 -42 -150 -10 -150C-24 -168 -30 -190 -48 -198zM55 -204C54 -168 24 -150 -10 -150C4 -168 12 -190 30 -198z',
          '#f5e8da',
          0.92,
        ) + fill('M-62 -226L-67 -284L-34 -254zM44 -226L51 -284L14 -254z', darken(ink, 0.3), 0.8)
      : '',
    fill('M-16 -190h12l-6 8z', kind === 'fox' ? darken(ink, 0.5) : mix('#e58a86', ink, 0.25)),
    stroke('M-10 -182q-4 9 -13 7M-10 -182q4 9 13 7', lighten(coat, 0.25), 2, 0.8),
    kind === 'dog'
      ? ''
      : stroke('M-38 -184l-46 -8M-38 -178l-44 6M18 -184l46 -8M18 -178l44 6', lighten(coat, 0.45), 1.5, 0.55),
    stroke('M-22 0C-28 -40 -26 -70 -20 -96M14 0C12 -40 16 -66 22 -86', darken(coat, 0.4), 3, 0.7),
    kind === 'fox'
      ? fill(
          'M-30 -150C-20 -130 6 -130 16 -150C12 -104 -4 -84 -8 -70C-16 -86 -30 -108 -30 -150z',
          '#f5e8da',
          0.85,
        )
      : '',
  ];
  return parts.join('');
}

function owl({ palette, random, gradients }: Stage, ink: string, edge: string): string {
  const coat = mix('#6a4b3a', ink, 0.5);
  const breast = mix(coat, '#f0ddc2', 0.4);
  let scales = '';
  for (let row = 0; row < 5; row++) {
    for (let at = -2; at <= 2; at++)
      scales += `M${n(at * 22 + (row % 2) * 11 - 14)} ${-150 + row * 24}q11 16 22 0`;
  }
  const eye = (x: number) =>
    fill(dot(x, -224, 30), mix(breast, '#ffffff', 0.3)) +
    fill(dot(x, -224, 20), palette.lamp) +
    fill(dot(x, -224, 11), darken(ink, 0.6)) +
    fill(dot(x - 5, -229, 4), '#ffffff');
  return [
    stroke(`M-230 -30Q-60 ${n(between(random, -26, -10))} 230 -46`, ink, 22),
    stroke('M120 -34Q170 -70 190 -110M-150 -28Q-190 -50 -214 -92', ink, 9),
    fill(
      'M-84 -224C-92 -290 -66 -274 -46 -270Q0 -284 46 -270C66 -274 92 -290 84 -224C104 -150 90 -60 0 -22C-90 -60 -104 -150 -84 -224z',
      gradients.linear([
        [0, lighten(coat, 0.1)],
        [1, darken(coat, 0.35)],
      ]),
    ),
    fill('M0 -190C56 -180 56 -80 0 -40C-56 -80 -56 -180 0 -190z', breast),
    stroke(scales, darken(coat, 0.2), 2.6, 0.6),
    fill(
      'M-84 -200C-104 -140 -86 -70 -46 -40C-66 -90 -70 -150 -84 -200zM84 -200C104 -140 86 -70 46 -40C66 -90 70 -150 84 -200z',
      darken(coat, 0.45),
    ),
    eye(-36),
    eye(36),
    fill('M-9 -208h18l-9 24z', palette.other),
    stroke('M86 -226C102 -150 90 -66 24 -34', edge, 4, 0.75),
    stroke('M-26 -30v16M-16 -26v14M26 -30v14M16 -26v12', palette.other, 6),
  ].join('');
}

function whale(stage: Stage): string {
  const { width, height, random, palette, gradients } = stage;
  const horizon = height * 0.5;
  const sun = {
    x: width * between(random, 0.3, 0.7),
    y: horizon * 0.56,
    radius: Math.min(width, height) * 0.13,
  };
  const parts = [sky(stage, { horizon, sun }), water(stage, horizon, sun.x)];
  const skin = mix(palette.near, palette.sky[1], 0.28);
  const scale = Math.min(width / 900, height / 560);
  const flip = random() < 0.5 ? -1 : 1;
  const spray = Array.from({ length: 40 }, () =>
    dot(between(random, -220, 210), between(random, -60, 30), between(random, 1.5, 7)),
  ).join('');
  const leap = [
    fill(lens(0, 40, 330, 26), mix(palette.sky[3], '#ffffff', 0.5), 0.5),
    fill(
      'M-150 60C-190 -80 -140 -260 10 -320C70 -342 134 -330 150 -300C158 -280 150 -262 128 -250C80 -170 70 -40 120 60z',
      gradients.linear(
        [
          [0, lighten(skin, 0.18)],
          [1, darken(skin, 0.25)],
        ],
        [0, 0, 1, 0.4],
      ),
    ),
    fill(
      'M150 -300C158 -280 150 -262 128 -250C80 -170 70 -40 120 60H40C20 -60 40 -190 150 -300z',
      mix('#f1ece4', palette.sky[2], 0.35),
    ),
    stroke(
      'M118 -246C66 -170 48 -50 66 50M130 -262C74 -190 40 -60 54 50M104 -226C72 -160 70 -50 88 50',
      darken(skin, 0.2),
      2.4,
      0.55,
    ),
    fill('M-40 -110C-110 -120 -190 -80 -226 -10C-160 -30 -90 -50 -30 -60z', darken(skin, 0.12)),
    fill(dot(76, -270, 7), darken(skin, 0.7)) + fill(dot(74, -272, 2.4), '#ffffff'),
    fill(`${lens(-20, 48, 260, 34)}${spray}`, '#ffffff', 0.72),
    fill(lens(20, 66, 330, 26), mix(palette.sky[2], palette.near, 0.3), 0.8),
  ];
  parts.push(
    group(
      `translate(${n(width * 0.5)} ${n(height * 0.74)}) scale(${Math.round(scale * flip * 100) / 100} ${Math.round(scale * 100) / 100})`,
      leap.join(''),
    ),
  );
  for (let at = 0; at < 3; at++) {
    const points = ridge(random, width, height * (0.82 + at * 0.075), 16, 0.12);
    const colour = mix(palette.sky[1], palette.near, 0.35 + at * 0.22);
    parts.push(
      fill(
        below(points, height),
        gradients.linear([
          [0, lighten(colour, 0.14), 0.92],
          [1, darken(colour, 0.2)],
        ]),
      ),
    );
  }
  parts.push(glow(stage, sun.x, horizon, width * 0.3, palette.sun, 0.18));
  return parts.join('');
}
