/** The label every picture of the sandbox carries, so that none is taken for a model's work. */
import type { Size } from '../sizes.ts';
import { rect } from './stage.ts';
import { hasLetter, letter } from './stroke-font.ts';
import { createGradients, group, stroke } from './svg.ts';

export interface Caption {
  title: string;
  /** First words of the prompt; may be empty. */
  words: string;
}

/** The words of a prompt that the font can draw, as many as fit. */
export function captionWords(prompt: string, maxCharacters: number): string {
  // Accents go, so that `città` is read as `citta`.
  const plain = prompt.normalize('NFD').replace(/\p{M}/gu, '');
  const words = plain.split(/\s+/u).map((word) => [...word].filter(hasLetter).join(''));
  let line = '';
  for (const word of words.filter((candidate) => /[a-z0-9]/iu.test(candidate))) {
    if (line.length + word.length + 1 > maxCharacters) return line && `${withoutStop(line)}\u2026`;
    line = line ? `${line} ${word}` : word;
  }
  return withoutStop(line);
}

const withoutStop = (line: string) => line.replace(/[,.:]$/, '');

export interface CaptionStrip extends Size {
  /** To be laid over the lower left corner. */
  svg: Buffer;
}

/** A caption in white on a shade that fades out to the right, as large as suits a picture. No `<text>`. */
export function captionStrip({ title, words }: Caption, picture: Size): CaptionStrip {
  const unit = unitOf(picture);
  const margin = 18;
  const head = letter(title, 9.6);
  const tail = letter(words, 8);
  const high = words ? 52 : 36;
  const wide = Math.min(picture.width / unit, Math.max(head.width, tail.width) + margin * 5);
  const [width, height] = [Math.floor(wide * unit), Math.round(high * unit)];
  const gradients = createGradients();
  const shade = gradients.linear(
    [
      [0, '#04060e', 0.62],
      [0.6, '#04060e', 0.4],
      [1, '#04060e', 0],
    ],
    [0, 0, 1, 0],
  );
  const shapes = [
    rect(0, 0, wide, high, shade),
    group(`translate(${margin} 13)`, stroke(head.path, '#ffffff', 1.35, 0.95)),
    words && group(`translate(${margin} ${high - 22})`, stroke(tail.path, '#ffffff', 1, 0.72)),
  ].join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${wide.toFixed(3)} ${high}"><defs>${gradients}</defs>${shapes}</svg>`;
  return { svg: Buffer.from(svg), width, height };
}

/** Pixels to a unit: a thousandth of the picture's size, but never too small to be read. */
function unitOf({ width, height }: Size): number {
  return Math.max(Math.sqrt(width * height) / 1000, 0.78);
}

/** How many characters of the prompt fit into a picture. */
export function captionRoom(picture: Size): number {
  return Math.min(64, Math.floor((picture.width / unitOf(picture) - 60) / 6.9));
}
