import { expect, test } from 'vitest';
import { createWebPolicy } from './web-policy.ts';

const sources = (policy: string, directive: string): string[] =>
  policy
    .split('; ')
    .find((part) => part.startsWith(`${directive} `))!
    .split(' ')
    .slice(1);

test('files may come from the server’s public name and from a bucket that clients reach themselves, scripts from neither', async () => {
  let asked = 0;
  const policy = createWebPolicy(
    { publicUrl: 'https://images.example/below' },
    {
      addressToWrite: async (key) => {
        asked += 1;
        // At first its credentials cannot be had.
        if (asked === 1) throw new Error('no credentials');
        return `https://bucket.s3.example/${key}?X-Amz-Signature=secret`;
      },
    },
  );
  expect(sources(await policy('x'), 'img-src')).toEqual([
    "'self'",
    'https://images.example',
    'data:',
    'blob:',
  ]);
  const next = await policy('n0nce');
  for (const directive of ['img-src', 'media-src', 'connect-src'])
    expect(sources(next, directive)).toEqual(
      expect.arrayContaining(["'self'", 'https://images.example', 'https://bucket.s3.example']),
    );
  expect(next).not.toContain('secret');
  expect(sources(next, 'script-src')).toEqual(["'self'"]);
  expect(sources(next, 'style-src')).toEqual(["'self'", "'nonce-n0nce'"]);
  await policy('y');
  expect(asked).toBe(2);
});

test('with neither, everything comes from the server', async () => {
  expect(sources(await createWebPolicy({ publicUrl: undefined }, {})('x'), 'connect-src')).toEqual([
    "'self'",
  ]);
});
