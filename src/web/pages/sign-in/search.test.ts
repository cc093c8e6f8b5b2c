import { expect, test } from 'vitest';
import { readSignInSearch } from './search.ts';

test.each(['/', '/keys', '/?kind=text-to-image', '/models/a/b?x=1#y'])(
  '%s is where one may go afterwards',
  (to) => {
    expect(readSignInSearch({ to })).toEqual({ to });
  },
);

test.each([
  '//evil.example',
  '/..//evil.example',
  '/\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '',
  '/\t/evil.example',
  3,
  null,
])('%j is not', (to) => {
  expect(readSignInSearch({ to })).toEqual({});
});
