import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { captionStrip, captionWords } from './caption.ts';

describe('captionWords', () => {
  it('keeps what the font has letters for, without accents', () => {
    expect(captionWords('Notte in città, 夜 霓虹!', 64)).toBe('Notte in citta');
  });

  it('stops at a whole word', () => {
    expect(captionWords('one two three four', 10)).toBe('one two\u2026');
  });

  it('gives nothing for a prompt in another script', () => {
    expect(captionWords('城市的夜', 64)).toBe('');
  });
});

describe('captionStrip', () => {
  it('draws paths and no text, so that no font is needed', () => {
    const svg = captionStrip(
      { title: 'DARKROOM', words: 'a boat' },
      { width: 1024, height: 1024 },
    ).svg.toString();
    expect(svg).toContain('<path');
    expect(svg).not.toContain('<text');
  });

  it.each([
    [384, 688],
    [5504, 3072],
  ])('fits into a picture of %i × %i', async (width, height) => {
    const strip = captionStrip(
      { title: 'DARKROOM SANDBOX \u00b7 seed 2147483647 \u00b7 0.5K 9:16', words: 'w'.repeat(60) },
      { width, height },
    );
    const drawn = await sharp(strip.svg).metadata();
    expect(drawn.width).toBeLessThanOrEqual(width);
    expect([drawn.width, drawn.height]).toEqual([strip.width, strip.height]);
  });
});
