import { describe, expect, it } from 'vitest';
import { ASPECT_RATIOS, nearestRatio, sizeFor } from './sizes.ts';

describe('sizeFor', () => {
  it('knows the documented sizes', () => {
    expect(sizeFor('16:9', '1K')).toEqual({ width: 1376, height: 768 });
    expect(sizeFor('21:9', '0.5K')).toEqual({ width: 792, height: 336 });
    expect(sizeFor('2:3', '0.5K')).toEqual({ width: 424, height: 632 });
    expect(sizeFor('9:16', '4K')).toEqual({ width: 3072, height: 5504 });
  });

  it('takes auto for a square', () => {
    expect(sizeFor('auto', '2K')).toEqual({ width: 2048, height: 2048 });
  });

  it('computes a size of about as many pixels for a ratio without a documented one', () => {
    const { width, height } = sizeFor('4:1', '1K');
    expect(width / height).toBeCloseTo(4, 1);
    expect(Math.abs(width * height - 1024 * 1024)).toBeLessThan(0.05 * 1024 * 1024);
  });

  it.each(['', '1', '0:1', '9:1', '1:9', 'wide', '__proto__', '1:1:1'])('refuses %j', (ratio) => {
    expect(() => sizeFor(ratio, '1K')).toThrow(RangeError);
  });
});

describe('nearestRatio', () => {
  it('finds every ratio again from its own sizes', () => {
    for (const ratio of ASPECT_RATIOS) {
      const { width, height } = sizeFor(ratio, '0.5K');
      expect(nearestRatio(width, height)).toBe(ratio);
    }
  });

  it('finds the closest for sizes no table has', () => {
    expect(nearestRatio(1408, 768)).toBe('16:9');
    expect(nearestRatio(10_000, 100)).toBe('21:9');
    expect(nearestRatio(100, 10_000)).toBe('9:16');
  });
});
