import { expect, test } from 'vitest';
import { safeText } from './safe-text.ts';

test.each([
  [
    "Consumer 'api_key:AIzaSyD4mmyKeyThatIsNone0123456789012' has been suspended.",
    "Consumer 'api_key:…' has been suspended.",
  ],
  ['Use key AQ.Ab8RN6short now.', 'Use key … now.'],
  ['See https://ai.google.dev/gemini-api/docs?x=1 for more.', 'See … for more.'],
  ['generativelanguage.googleapis.com is not enabled', '… is not enabled'],
  ['API has not been used in project 1234567890 before', 'API has not been used in … before'],
  ['denied on projects/acme-7/locations/eu/models/x', 'denied on …'],
  ['cannot read /var/run/secrets/token.json', 'cannot read …'],
])('%j loses what names a place or a key', (text, safe) => {
  expect(safeText(text)).toBe(safe);
});

test('what helps the caller stays', () => {
  const helpful = 'Unable to process input image 3: aspect_ratio must be one of 1:1, 16:9 and/or 4.5.';
  expect(safeText(helpful)).toBe(helpful);
});

test('it is one line, without control characters, and bounded, however long the text', () => {
  expect(safeText('one\n\ttwo\u0000three')).toBe('one two three');
  const startedAt = performance.now();
  expect(safeText('a.'.repeat(500_000)).length).toBeLessThanOrEqual(400);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
