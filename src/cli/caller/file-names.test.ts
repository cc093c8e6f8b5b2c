import { join } from 'node:path';
import { expect, test } from 'vitest';
import { extensionOf, pathOf, readTarget, stemOf } from './file-names.ts';

const ID = '01a1fe8c-335d-7be4-a0e4-d5b1fe188aaa';

test('a name tells the model and the request, and fits every file system', () => {
  expect(stemOf('google/nano-banana/pro/edit', ID)).toBe('nano-banana-pro-edit-fe188aaa');
  expect(stemOf('acme/CON:*?"<>|/../x', 'id/../9')).toMatch(/^[\w.-]+$/);
  expect(stemOf(undefined, 'short')).toBe('output-short');
});

test('the extension is that of the bytes; only where nobody says it, that of the address', () => {
  expect(extensionOf('image/jpeg; charset=x', 'https://h/a.png')).toBe('.jpg');
  expect(extensionOf(undefined, 'https://h/a.WEBP?x=.exe')).toBe('.webp');
  expect(extensionOf('application/octet-stream', 'https://h/a')).toBe('.bin');
  expect(extensionOf('image/png', 'data:image/png;base64,AA')).toBe('.png');
});

test('--out is a file where it is named like one, else a folder', () => {
  expect(readTarget('out/a.PNG', 's')).toEqual({ folder: 'out', stem: 'a', extension: '.png' });
  for (const out of ['.', 'out', 'out/', 'v1.2', 'a.png/', 'a.png\\'])
    expect(readTarget(out, 's')).toEqual({ folder: out, stem: 's' });
});

test('several are numbered, and names that are taken counted on', () => {
  const folder = readTarget('out', 's');
  expect(pathOf(folder, 0, 1, '.png')).toBe(join('out', 's.png'));
  expect(pathOf(folder, 1, 2, '.png')).toBe(join('out', 's-2.png'));
  expect(pathOf(folder, 1, 2, '.png', 3)).toBe(join('out', 's-2 (3).png'));
  expect(pathOf(readTarget('a.jpeg', ''), 0, 1, '.jpg')).toBe('a.jpeg');
  expect(pathOf(readTarget('a.jpg', ''), 0, 1, '.png')).toBe('a.png');
});
