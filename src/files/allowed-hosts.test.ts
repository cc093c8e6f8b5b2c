import { expect, test } from 'vitest';
import { parseAllowedHosts } from './allowed-hosts.ts';

test.each([
  ['minio.internal', 'minio.internal', '443', true],
  ['minio.internal', 'a.minio.internal', '443', false],
  ['minio.internal', 'minio.internal.', '80', true],
  ['MINIO.internal:9000', 'minio.internal', '9000', true],
  ['minio.internal:9000', 'minio.internal', '9001', false],
  ['10.0.0.0/8', '10.200.0.1', '80', true],
  ['10.0.0.0/8', '11.0.0.1', '80', false],
  ['10.0.0.0/8', 'ten.internal', '80', false],
  ['10.1.2.3', '10.1.2.3', '80', true],
  ['10.1.2.3', '10.1.2.4', '80', false],
  ['10.1.2.3:81', '10.1.2.3', '80', false],
  ['10.1.2.3', '[::ffff:a01:203]', '80', true],
  ['fd00::/8', '[fd12::1]', '443', true],
  ['fd00::/8', '[fe80::1]', '443', false],
  ['::1', '[::1]', '443', true],
  ['[::1]:8080', '[::1]', '8080', true],
  ['[::1]:8080', '[::1]', '80', false],
])('%s against the host %s at %s: %s', (entry, hostname, port, expected) => {
  expect(parseAllowedHosts([entry]).allowsHost(hostname, port)).toBe(expected);
});

test('nothing allowed allows nothing', () => {
  const allowed = parseAllowedHosts([]);
  expect(allowed.allowsHost('localhost', '80')).toBe(false);
  expect(allowed.allowsAddress('127.0.0.1', '80')).toBe(false);
  expect(allowed.allowsSomeAddress('80')).toBe(false);
});

test.each(['', '*', 'http://a', 'a/b', 'a:b', 'a:', '10.0.0.0/33', '::1/200', 'a b', '[::1', 'user@host'])(
  '%j is no entry',
  (entry) => {
    expect(() => parseAllowedHosts(['fine.test', entry])).toThrow(`not a host, host:port or CIDR: ${entry}`);
  },
);
