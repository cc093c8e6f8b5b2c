import { describe, expect, it } from 'vitest';
import { drawScene, toSvg } from './scene.ts';

const PROMPTS = [
  'portrait of a woman in rainy neon Tokyo',
  'portrait of a man in the snow',
  'a cat at night',
  'a dog',
  'a fox in autumn',
  'an owl',
  'a whale',
  'greenhouse at dusk with bioluminescent plants',
  'greenhouse',
  'modern office, daylight',
  'a cup of coffee',
  'planet in space',
  'neon street in the rain',
  'city at night',
  'red flowers',
  'desert',
  'lighthouse by the sea',
  'boat on the ocean at dawn',
  'misty forest',
  'snowy mountains',
  'abstract',
];

describe('drawScene', () => {
  it.each(PROMPTS)('draws %j with finite numbers, without text, filters or outside references', (prompt) => {
    for (const ratio of [21 / 9, 1, 9 / 16]) {
      const { backdrop, front } = drawScene({ prompt, key: '1', ratio });
      for (const drawing of [backdrop, front]) {
        if (!drawing) continue;
        const svg = toSvg(drawing, { width: 64, height: 64 }).toString();
        expect(svg.length).toBeGreaterThan(2000);
        expect(svg).not.toMatch(/<text|NaN|undefined|Infinity|<filter| opacity=|href=/);
      }
    }
  });

  it('leaves people and animals out of a background', () => {
    const { backdrop } = drawScene({ prompt: 'a woman in a forest', key: '1', ratio: 1, unpeopled: true });
    expect(backdrop).toBeUndefined();
  });

  it('never lets a prompt write into the drawing', () => {
    const { front } = drawScene({ prompt: '"/><script>evil()</script>', key: '1', ratio: 1 });
    expect(front.shapes).not.toContain('script');
  });
});
