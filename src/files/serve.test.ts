import { expect, test } from 'vitest';
import { type FileRequest, planFileResponse, type ServedFile } from './serve.ts';

const FILE: ServedFile = { contentType: 'image/png', bytes: 1000, etag: 'abc', fileName: 'cat.png' };

function plan(request: Partial<FileRequest> = {}, file: Partial<ServedFile> = {}) {
  return planFileResponse({ ...FILE, ...file, method: 'GET', ...request });
}

test('a whole file is sent with everything a browser must know', () => {
  expect(plan()).toEqual({
    status: 200,
    headers: {
      'content-type': 'image/png',
      'content-length': '1000',
      'content-disposition': 'inline; filename="cat.png"',
      etag: '"abc"',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'cross-origin',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    },
  });
});

test.each([
  ['bytes=0-99', { start: 0, end: 99 }],
  ['bytes=990-', { start: 990, end: 999 }],
  ['bytes=-10', { start: 990, end: 999 }],
  ['bytes=999-5000', { start: 999, end: 999 }],
  ['bytes=-5000', { start: 0, end: 999 }],
  ['bytes=0-0', { start: 0, end: 0 }],
])('the part %s is sent', (rangeHeader, range) => {
  const response = plan({ rangeHeader });
  expect(response).toMatchObject({ status: 206, range });
  expect(response.headers).toMatchObject({
    'content-range': `bytes ${range.start}-${range.end}/1000`,
    'content-length': String(range.end - range.start + 1),
    'content-type': 'image/png',
  });
});

test.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('%s is not there', (rangeHeader) => {
  const response = plan({ rangeHeader });
  expect(response.status).toBe(416);
  expect(response.headers).toMatchObject({ 'content-range': 'bytes */1000', 'cache-control': 'no-store' });
  expect(response.range).toBeUndefined();
});

test.each(['bytes=0-1,5-6', 'pages=1-2', 'bytes', 'bytes=', 'bytes=a-b', 'bytes=-', 'junk'])(
  '%j is no single part: the whole is sent',
  (rangeHeader) => {
    expect(plan({ rangeHeader })).toMatchObject({ status: 200, headers: { 'content-length': '1000' } });
  },
);

test('any part of an empty file is not there, the whole of it is', () => {
  expect(plan({ rangeHeader: 'bytes=0-' }, { bytes: 0 }).status).toBe(416);
  expect(plan({}, { bytes: 0 })).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
});

test('HEAD tells of the whole file, whatever part is named', () => {
  const response = plan({ method: 'HEAD', rangeHeader: 'bytes=0-1' });
  expect(response).toMatchObject({ status: 200, headers: { 'content-length': '1000' } });
});

test.each(['"abc"', 'W/"abc"', '*', '"x", "abc"', '"x" , W/"abc"'])(
  'who has %s is sent nothing',
  (ifNoneMatch) => {
    const response = plan({ ifNoneMatch, rangeHeader: 'bytes=0-1' });
    expect(response.status).toBe(304);
    expect(response.headers).toMatchObject({
      etag: '"abc"',
      'cache-control': expect.stringContaining('immutable'),
    });
    expect(response.headers).not.toHaveProperty('content-length');
    expect(response.range).toBeUndefined();
  },
);

test.each(['"x"', 'abc', '"ABC"', ''])('who has %j is sent the file', (ifNoneMatch) => {
  expect(plan({ ifNoneMatch }).status).toBe(200);
});

test.each([
  ['"abc"', 206],
  ['"other"', 200],
  ['W/"abc"', 200],
  ['Wed, 21 Oct 2026 07:28:00 GMT', 200],
])('a part asked for if the file is still %s: %i', (ifRange, status) => {
  expect(plan({ rangeHeader: 'bytes=0-1', ifRange }).status).toBe(status);
});

test.each(['image/svg+xml', 'text/html', 'application/pdf', 'image/tiff', 'image/heic', 'nonsense'])(
  '%s is saved, never shown in place',
  (contentType) => {
    expect(plan({}, { contentType }).headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="cat.png"',
    });
  },
);

test.each([
  [undefined, 'inline'],
  ['', 'inline'],
  ['../../etc/passwd', 'inline; filename="passwd"'],
  ['C:\\x\\cat.png', 'inline; filename="cat.png"'],
  ['a"; filename="b.exe', 'inline; filename="a__ filename=_b.exe"'],
  ['a\r\nset-cookie: x', 'inline; filename="a__set-cookie_ x"'],
  ['.htaccess', 'inline; filename="htaccess"'],
  ['gnp\u202e.exe', 'inline; filename="gnp_.exe"'],
  ["Günter's.png", `inline; filename="G_nter's.png"; filename*=UTF-8''G%C3%BCnter%27s.png`],
  ['猫.png', `inline; filename="_.png"; filename*=UTF-8''%E7%8C%AB.png`],
  ['\ud800.png', `inline; filename="_.png"; filename*=UTF-8''%EF%BF%BD.png`],
])('the file name %j becomes safe', (fileName, disposition) => {
  expect(plan({}, { fileName }).headers['content-disposition']).toBe(disposition);
});

test('a long file name is cut, and never within a character', () => {
  const header = plan({}, { fileName: '😀'.repeat(500) }).headers['content-disposition'] ?? '';
  const encoded = header.split("UTF-8''")[1] ?? '';
  expect(decodeURIComponent(encoded)).toBe('😀'.repeat(100));
});
