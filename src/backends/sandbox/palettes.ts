/** The colours of a picture, by time of day; the prompt picks one, the seed turns it a little. */
import { darken, mix, turnHue } from './colours.ts';
import { between, pick, type Random } from './random.ts';
import type { SceneWords, TimeOfDay } from './words.ts';

export interface Palette {
  /** Top, middle, low, horizon. */
  sky: readonly [string, string, string, string];
  /** Sun or moon. */
  sun: string;
  /** The farthest and the nearest layer of a landscape; between them it is mixed. */
  far: string;
  near: string;
  /** Leaves and grass, in the light of the hour. */
  green: string;
  /** Two lights that go together: signs, flowers, clothes. */
  accent: string;
  other: string;
  /** Lit windows. */
  lamp: string;
}

const PALETTES: Readonly<Record<TimeOfDay, readonly Palette[]>> = {
  day: [
    {
      sky: ['#2f7fc1', '#6db3dd', '#bfe0ea', '#f7efd8'],
      sun: '#fffbe8',
      far: '#a3c9d6',
      near: '#1d4a56',
      green: '#3f8f5f',
      accent: '#f2643d',
      other: '#f7b733',
      lamp: '#fff3c4',
    },
    {
      sky: ['#3f93ad', '#85c5c4', '#d6e9d8', '#fdf1d0'],
      sun: '#fff8dd',
      far: '#a9cfc4',
      near: '#1f4b45',
      green: '#5a9a55',
      accent: '#e2574c',
      other: '#f3c14b',
      lamp: '#fff1c0',
    },
    {
      sky: ['#4a6fb5', '#8aa8dc', '#cfd8ee', '#ffe9dc'],
      sun: '#fffaf0',
      far: '#b3bfdd',
      near: '#2a3a63',
      green: '#4d8a76',
      accent: '#ef6f6c',
      other: '#ffc15e',
      lamp: '#fff0c9',
    },
  ],
  sunset: [
    {
      sky: ['#2b1a55', '#8a2f6d', '#ea625b', '#fdc067'],
      sun: '#fff0c2',
      far: '#cf6673',
      near: '#1c0f31',
      green: '#6b4a52',
      accent: '#ff5d73',
      other: '#ffb23e',
      lamp: '#ffd98a',
    },
    {
      sky: ['#1d2a5e', '#68499a', '#e57c92', '#ffd8a0'],
      sun: '#fff3d1',
      far: '#c37a9c',
      near: '#15163a',
      green: '#4c4f74',
      accent: '#ff7a8a',
      other: '#ffc169',
      lamp: '#ffe0a0',
    },
    {
      sky: ['#10345c', '#4a7093', '#f18f5e', '#ffda78'],
      sun: '#fff2c4',
      far: '#c98a6b',
      near: '#0c2036',
      green: '#4e6a58',
      accent: '#ff7043',
      other: '#ffc94d',
      lamp: '#ffdf96',
    },
  ],
  night: [
    {
      sky: ['#050a22', '#0f1e4c', '#24417f', '#5b81bb'],
      sun: '#f6f3de',
      far: '#37568f',
      near: '#040817',
      green: '#1d4a5c',
      accent: '#ff4d8d',
      other: '#35d6f5',
      lamp: '#ffd27a',
    },
    {
      sky: ['#0b0722', '#281152', '#5a2a8a', '#b05aa8'],
      sun: '#ffeef3',
      far: '#6b3a90',
      near: '#08051a',
      green: '#2a3f66',
      accent: '#ff3f9b',
      other: '#27e1ff',
      lamp: '#ffcf86',
    },
    {
      sky: ['#02121b', '#053644', '#0e6672', '#5fb7a5'],
      sun: '#f2fbea',
      far: '#1f7078',
      near: '#010c12',
      green: '#14604f',
      accent: '#ff5f7e',
      other: '#4df0c8',
      lamp: '#ffdc8c',
    },
  ],
  dawn: [
    {
      sky: ['#5468a0', '#a196c3', '#f4b9b4', '#ffe8c8'],
      sun: '#fffaf0',
      far: '#c9a9bf',
      near: '#2c3157',
      green: '#5f8377',
      accent: '#f06c78',
      other: '#ffc46b',
      lamp: '#fff0c8',
    },
    {
      sky: ['#3f7c92', '#8fb9b9', '#f3d3bd', '#fff0d2'],
      sun: '#fffbea',
      far: '#b9c7bb',
      near: '#21434b',
      green: '#5c8f74',
      accent: '#ee7752',
      other: '#f6c667',
      lamp: '#fff2cc',
    },
  ],
};

/** Picks by the prompt and turns by the seed; a colour the prompt names becomes the accent and tints the sky. */
export function choosePalette(words: SceneWords, random: Random): Palette {
  const options = PALETTES[words.time];
  const base =
    words.neon && words.time === 'night' ? options[1]! : options[(words.hash >>> 4) % options.length]!;
  const turn = between(random, -9, 9);
  const shade = (colour: string) => {
    const turned = turnHue(colour, turn);
    const tinted = words.colour ? mix(turned, words.colour, 0.22) : turned;
    // Rain and mist take the strength out of a daylight sky.
    const dull = words.time === 'day' && (words.rain || words.mist) ? mix(tinted, '#7d8a99', 0.5) : tinted;
    return words.snow && words.time !== 'night' ? mix(dull, '#dfe9f3', 0.25) : dull;
  };
  const accents = words.neon ? NEON_PAIRS : [[base.accent, base.other] as const];
  const [accent, other] = pick(random, accents);
  return {
    sky: base.sky.map(shade) as unknown as Palette['sky'],
    sun: base.sun,
    far: shade(base.far),
    near: darken(turnHue(base.near, turn), 0.05),
    green: turnHue(base.green, turn),
    accent: words.colour ?? accent,
    other: words.colour ? turnHue(words.colour, words.neon ? 150 : 38) : other,
    lamp: base.lamp,
  };
}

const NEON_PAIRS = [
  ['#ff2e88', '#1fd9ff'],
  ['#ff4f6d', '#39b8ff'],
  ['#ff3fb4', '#2ef2d0'],
  ['#ff6a3d', '#5a7bff'],
] as const;
