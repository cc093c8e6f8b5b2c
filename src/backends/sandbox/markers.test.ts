import { describe, expect, it } from 'vitest';
import { readMarkers } from './markers.ts';

describe('readMarkers', () => {
  it('leaves a prompt without markers as it is', () => {
    expect(readMarkers('a red [boat] at sea')).toMatchObject({
      prompt: 'a red [boat] at sea',
      failures: [],
      images: 1,
      hang: false,
      unknown: [],
    });
  });

  it('takes several markers, side by side or with commas between', () => {
    expect(readMarkers('a boat [[sandbox:slow=80, images=2]] at sea [[sandbox:partial=1]]')).toMatchObject({
      prompt: 'a boat at sea',
      slowMs: 80,
      images: 2,
      rounds: 1,
    });
  });

  it('reads failures with and without a number of tries', () => {
    expect(readMarkers('[[sandbox:blocked]][[sandbox:unavailable=1]]').failures).toEqual([
      { kind: 'content_blocked', tries: Number.POSITIVE_INFINITY },
      { kind: 'unavailable', tries: 1 },
    ]);
  });

  it.each(['nonsense', 'images=9', 'images=0', 'slow', 'slow=soon', 'slow=9999999', 'hang=1', '__proto__'])(
    'names %j as not understood',
    (word) => {
      expect(readMarkers(`x [[sandbox:${word}]]`)).toMatchObject({ prompt: 'x', unknown: [word] });
    },
  );
});
