/** What a prompt asks to be done to the pictures given. */
import { mentions, readText } from './words.ts';

/** In English, Italian and Chinese; `*` stands for any ending. Listed in docs/backends/sandbox.md. */
const EDIT_WORDS = {
  grayscale: 'grayscale greyscale monochrome desaturate* 黑白 灰階 灰阶',
  sepia: 'sepia seppia vintage 復古 复古 懷舊 怀旧',
  invert: 'invert inverted inverti negative negativo 反相 負片 负片',
  brighter: 'brighter brighten lighter schiarisci luminosa 更亮 變亮 变亮 提亮',
  darker: 'darker darken scurisci 更暗 變暗 变暗',
  warmer: 'warmer warm calda caldo 暖 暖色',
  cooler: 'cooler cool colder fredda freddo 冷色',
  contrast: 'contrast contrasto 對比 对比',
  vivid: 'vivid vibrant saturated saturate vivace saturazione 鮮豔 鲜艳',
  night: 'night nighttime notte 夜',
  neon: 'neon cyberpunk 霓虹 賽博朋克 赛博朋克',
  sunset: 'sunset dusk tramonto 夕陽 夕阳 日落 黃昏 黄昏',
  blur: 'blur blurred blurry sfoca sfocato sfocata 模糊',
  sharpen: 'sharpen sharper nitido nitida 銳化 锐化',
  pixelate: 'pixelate pixelated pixel pixels 像素',
  vignette: 'vignette vignetta vignettatura 暈影 晕影',
  snow: 'snow snowy snowing neve nevica 雪',
  rain: 'rain rainy raining pioggia 雨',
  mirror: 'mirror mirrored flop specchia specchio 鏡像 镜像',
  flip: 'flip flipped capovolgi 翻轉 翻转',
  rotate: 'rotate rotated ruota 旋轉 旋转',
  background: 'background backdrop scene setting sfondo scena 背景 場景 场景 office ufficio 辦公室 办公室',
} as const;

export type EditWord = keyof typeof EDIT_WORDS;

export interface Edits {
  words: ReadonlySet<EditWord>;
  /** Clockwise. */
  turn: 0 | 90 | 180 | 270;
  /** Left and right change places. */
  mirror: boolean;
  /** Top and bottom change places. */
  upsideDown: boolean;
  /** A plain colour for the background, `#rrggbb`. */
  plainBackground: string | undefined;
}

/** Reads the edits out of a prompt. */
export function readEdits(prompt: string): Edits {
  const text = readText(prompt);
  const has = (list: string) => mentions(text, list);
  const words = new Set((Object.keys(EDIT_WORDS) as EditWord[]).filter((word) => has(EDIT_WORDS[word])));
  if (/black[ -]and[ -]white|bianco e nero|b&w/.test(text.whole)) words.add('grayscale');
  const vertical = has('vertical vertically verticale upside 垂直 上下');
  return {
    words,
    turn: words.has('rotate') ? turnOf(text.whole) : 0,
    mirror: words.has('mirror') || (words.has('flip') && !vertical),
    upsideDown: words.has('flip') && vertical,
    plainBackground: words.has('background') ? plainColour(text.whole) : undefined,
  };
}

function turnOf(text: string): Edits['turn'] {
  if (/\b180\b/.test(text)) return 180;
  if (/\b270\b|\bleft\b|counter|anti-?clockwise|sinistra|逆時針|逆时针/.test(text)) return 270;
  return 90;
}

const PLAIN: readonly (readonly [string, RegExp])[] = [
  [
    '#f4f4f2',
    /(white|plain|studio) (background|backdrop)|remove (the )?background|sfondo bianco|去背|白色背景/,
  ],
  ['#17181c', /(black|dark) (background|backdrop)|sfondo nero|黑色背景/],
  ['#c93a3a', /red (background|backdrop)|sfondo rosso|紅色背景|红色背景/],
  ['#2f6fd0', /blue (background|backdrop)|sfondo blu|藍色背景|蓝色背景/],
  ['#3c9a5f', /green (background|backdrop)|sfondo verde|綠色背景|绿色背景/],
];

function plainColour(text: string): string | undefined {
  return PLAIN.find(([, words]) => words.test(text))?.[0];
}
