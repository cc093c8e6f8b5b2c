import { expect, test } from 'vitest';
import { parseAddresses } from './parse.ts';

test('addresses and blocks of them are taken as they are written', () => {
  const written = '127.0.0.1, 10.0.0.0/8,::1 , 2001:db8::/32';
  expect(parseAddresses(written)).toEqual(['127.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32']);
  expect(parseAddresses('')).toEqual([]);
});

test.each(['localhost', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '::1/129', '127.0.0.1 ::1', '1.2.3.4:80'])(
  '%s is none',
  (text) => expect(() => parseAddresses(text)).toThrow(/must be IP addresses or CIDRs/),
);
