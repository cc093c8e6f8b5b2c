import { expect, test } from 'vitest';
import { imageUriProblem } from './image-uri.ts';

test.each([
  'https://example.com/a.png',
  'HTTPS://EXAMPLE.com',
  'http://127.0.0.1:8080/files/x.png?a=b#c',
  'https://[::1]/a',
  'https://例え.jp/画像.png',
  'data:image/png;base64,iVBORw0KGgo=',
  'DATA:IMAGE/JPEG;BASE64,/9j/',
  'data:image/svg+xml;base64,PHN2Zz4=',
])('%s is an address of an image', (value) => {
  expect(imageUriProblem(value)).toBeUndefined();
});

test.each([
  '',
  'a.png',
  '/files/a.png',
  '//example.com/a.png',
  'https://',
  'https:example.com',
  'ftp://example.com/a.png',
  'file:///etc/passwd',
  'javascript:alert(1)',
  ' https://example.com/a.png',
  'https://exa\nmple.com/a.png',
  'https://example.com/\u0000',
  'https://example.com/\ud800',
  'https://a b/',
  'data:text/html;base64,PGI+',
  'data:image/png,abc',
  'data:image/png;base64,',
  'data:image/png;base64,\u0000',
  'data:image/png;base64,\udfff',
])('%j is not', (value) => {
  expect(imageUriProblem(value)).toMatchObject({ type: 'format' });
});

test('a URL is bounded, a data URI is not', () => {
  const long = 'a'.repeat(5_000);
  expect(imageUriProblem(`https://example.com/${long}`)).toMatchObject({ type: 'maxLength' });
  expect(imageUriProblem(`data:image/png;base64,${long}`)).toBeUndefined();
});
