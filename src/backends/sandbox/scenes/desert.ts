/** Dunes under a large sky. */
import { darken, lighten, mix } from '../colours.ts';
import { between } from '../random.ts';
import { rect, type Stage } from '../stage.ts';
import { fill, group, n } from '../svg.ts';
import { below, ridge } from './land.ts';
import { placeSun, sky } from './sky.ts';

export function desert(stage: Stage): string {
  const { width, height, random, palette, words, gradients } = stage;
  const horizon = height * 0.56;
  const sun = placeSun(stage, horizon);
  const parts = [sky(stage, { horizon: height * 0.62, sun, clouds: words.time !== 'day' })];
  const night = words.time === 'night';
  const sand = night ? mix('#8a7796', palette.sky[2], 0.55) : mix('#eaa45c', palette.sky[2], 0.25);
  const shade = night ? darken(palette.sky[1], 0.2) : mix('#9c4a3c', palette.sky[0], 0.35);
  const mesa = ridge(random, width, horizon - 6, height * 0.05, 0.3);
  parts.push(fill(below(mesa, height * 0.7), mix(shade, palette.sky[3], 0.62)));
  const count = 5;
  for (let at = 0; at < count; at++) parts.push(dune(stage, at / (count - 1), horizon, sand, shade));
  parts.push(caravan(stage, horizon + height * 0.1, darken(shade, 0.55)));
  parts.push(
    rect(
      0,
      height * 0.55,
      width,
      height * 0.45,
      gradients.linear([
        [0, palette.sky[3], 0.28],
        [0.5, palette.sky[3], 0],
      ]),
    ),
  );
  return parts.join('');
}

/** A crest that winds down from one side: bright windward, dark in its lee. */
function dune(
  { width, height, random, gradients, palette }: Stage,
  share: number,
  horizon: number,
  sand: string,
  shade: string,
): string {
  const top = horizon + (height - horizon) * share * 0.62 + between(random, -10, 20);
  const crestX = width * between(random, 0.15, 0.85);
  const tall = height * (0.05 + 0.1 * share);
  const way = random() < 0.5 ? 1 : -1;
  const outline = `M${-20} ${n(top + tall)}C${n(crestX * 0.4)} ${n(top + tall * 0.9)} ${n(crestX * 0.7)} ${n(top + tall * 0.1)} ${n(crestX)} ${n(top)}C${n(crestX + (width - crestX) * 0.3)} ${n(top + tall * 0.15)} ${n(crestX + (width - crestX) * 0.6)} ${n(top + tall)} ${n(width + 20)} ${n(top + tall * 0.85)}V${n(height)}H-20z`;
  const edge = way > 0 ? width + 20 : -20;
  const lee = `M${n(crestX)} ${n(top)}C${n(crestX + (edge - crestX) * 0.3)} ${n(top + tall * 0.15)} ${n(crestX + (edge - crestX) * 0.6)} ${n(top + tall)} ${n(edge)} ${n(top + tall * 0.85)}V${n(top + tall * 3)}C${n(crestX + (edge - crestX) * 0.5)} ${n(top + tall * 2.8)} ${n(crestX - way * 90)} ${n(top + tall * 2.2)} ${n(crestX - way * 30)} ${n(top + tall * 1.2)}S${n(crestX + way * 10)} ${n(top + tall * 0.3)} ${n(crestX)} ${n(top)}z`;
  const light = mix(lighten(sand, 0.22), palette.sky[3], 0.45 * (1 - share));
  const dark = mix(shade, palette.sky[3], 0.55 * (1 - share));
  return (
    fill(
      outline,
      gradients.linear([
        [0, light],
        [1, mix(light, shade, 0.45 + 0.3 * share)],
      ]),
    ) +
    fill(
      lee,
      gradients.linear([
        [0, dark, 0.95],
        [1, dark, 0],
      ]),
    )
  );
}

/** Four camels, far away. */
function caravan({ width, random }: Stage, y: number, colour: string): string {
  const x = width * between(random, 0.3, 0.6);
  const camel =
    'M-22 0L-19 -20Q-22 -34 -12 -34Q-7 -46 -1 -35Q6 -46 11 -33Q18 -32 20 -38L24 -50Q26 -55 34 -51L34 -47L28 -46L25 -28Q20 -20 14 -20L16 0H13L9 -18L-10 -18L-14 0H-16L-16 -16L-19 0z';
  return [0, 1, 2, 3]
    .map((at) => group(`translate(${n(x + at * 52)} ${n(y + at * 2)}) scale(.62)`, fill(camel, colour)))
    .join('');
}
