import { describe, expect, it } from 'vitest';
import { readSceneWords } from './words.ts';

describe('readSceneWords', () => {
  it.each([
    [
      'A close-up portrait of an American woman under neon lights in rainy Tokyo',
      { subject: 'portrait', neon: true, rain: true, time: 'night', man: false },
    ],
    [
      'Futuristic glass greenhouse at dusk with bioluminescent plants',
      { subject: 'greenhouse', time: 'sunset', glowing: true },
    ],
    ['城市的夜,霓虹與雨', { subject: 'city', time: 'night', neon: true, rain: true }],
    ['下雪的森林', { subject: 'forest', snow: true }],
    ['大海', { subject: 'sea' }],
    ['una città di notte sotto la pioggia', { subject: 'city', time: 'night', rain: true }],
    ['ritratto nella foresta al tramonto', { subject: 'portrait', time: 'sunset' }],
    ['una serra sul mare con la neve', { subject: 'greenhouse', snow: true }],
    ['portrait of a man', { subject: 'portrait', man: true }],
  ])('reads %j', (prompt, expected) => {
    expect(readSceneWords(prompt)).toMatchObject(expected);
  });

  it('takes whole words only: a season is no sea, research no sea either', () => {
    const { also } = readSceneWords('seasonal research');
    expect([...also]).toEqual([]);
  });

  it('gives a prompt that names nothing a look of its own', () => {
    const looks = ['qwer', 'asdf', 'zxcv', 'tyui', 'ghjk', 'bnm'].map((prompt) => {
      const { subject, time } = readSceneWords(prompt);
      return `${subject} ${time}`;
    });
    expect(new Set(looks).size).toBeGreaterThan(2);
  });
});
