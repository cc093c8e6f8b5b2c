import sharp from 'sharp';
import { expect, test } from 'vitest';
import { sniff } from './sniff.ts';

const square = () => sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } });

/** The box every MP4 and HEIF file begins with. */
function brand(name: string): Buffer {
  const box = Buffer.from(`\0\0\0\x18ftyp${name}\0\0\0\0${name}mif1`, 'latin1');
  return Buffer.concat([box, Buffer.alloc(64)]);
}

test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)(
  '%s is known by its content',
  async (format) => {
    const bytes = await square().toFormat(format).toBuffer();
    expect(await sniff(bytes)).toEqual({ kind: 'image', contentType: `image/${format}`, sequence: false });
  },
);

test.each([
  ['heic', { kind: 'image', contentType: 'image/heic', sequence: false }],
  ['hevc', { kind: 'image', contentType: 'image/heic', sequence: true }],
  ['mif1', { kind: 'image', contentType: 'image/heif', sequence: false }],
  ['avis', { kind: 'image', contentType: 'image/avif', sequence: true }],
  ['isom', { kind: 'video', contentType: 'video/mp4' }],
  ['mp42', { kind: 'video', contentType: 'video/mp4' }],
])('a container of the brand %s', async (name, expected) => {
  expect(await sniff(brand(name))).toEqual(expected);
});

test('a WebM is a video', async () => {
  const header = Buffer.concat([Buffer.from('1a45dfa39f4282847765626d', 'hex'), Buffer.alloc(64)]);
  expect(await sniff(header)).toEqual({ kind: 'video', contentType: 'video/webm' });
});

test.each([
  ['<!DOCTYPE html><p>', 'HTML'],
  ['\ufeff \n<html lang="en">', 'HTML'],
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'],
  ['<?xml version="1.0"?>\n<!-- x --><svg/>', 'SVG'],
  ['<?xml version="1.0"?><note/>', 'XML'],
  ['{"error":"not found"}', 'JSON'],
  ['Not found', 'text'],
  ['Größe', 'text'],
  ['%PDF-1.7\n', 'a PDF'],
  ['PK\x03\x04\x14\0\0\0\0\0', 'a ZIP archive'],
  ['', 'an empty file'],
  ['\x01\x02\x03\x04\x05', undefined],
])('%j is no image and looks like %s', async (content, looksLike) => {
  expect(await sniff(Buffer.from(content))).toEqual({ kind: 'other', looksLike });
});

test('a text longer than what is looked at is a text, wherever a character is cut', async () => {
  for (let shift = 0; shift < 4; shift++) {
    expect(await sniff(Buffer.from(`${'x'.repeat(shift)}${'字'.repeat(2000)}`))).toMatchObject({
      looksLike: 'text',
    });
  }
});
