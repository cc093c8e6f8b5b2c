import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from './public-address.ts';

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '93.184.215.14',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '100.63.255.255',
  '100.128.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  '',
  'localhost',
  'example.com',
  '1.2.3.4.5',
  '::1::2',
  '168.63.129.16',
  '::127.0.0.1',
  '::8.8.8.8',
])('%j is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

/** Blocks that are not for the open internet, as the registries for special addresses list them. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const SPECIAL_IPV6: [prefix: string, bits: number][] = [
  ['0000:0000:0000:0000:0000:0000', 96],
  ['0000:0000:0000:0000:0000:ffff', 96],
  ['0064:ff9b:0000:0000:0000:0000', 96],
  ['0064:ff9b:0001', 48],
  ['0100:0000:0000:0000', 64],
  ['2001:0000', 32],
  ['2001:0002:0000', 48],
  ['2001:0db8', 32],
  ['2002', 16],
  ['3fff:0000', 20],
  ['5f00', 16],
  ['fc00', 7],
  ['fe80', 10],
  ['fec0', 10],
  ['ff00', 8],
];

/** A number whose first bits are the block's and the others anything. */
function within(prefix: bigint, bits: number, of: number): fc.Arbitrary<bigint> {
  return fc.bigInt(0n, (1n << BigInt(of - bits)) - 1n).map((rest) => prefix | rest);
}

const specialIpv4 = fc.constantFrom(...SPECIAL_IPV4).chain((block) => {
  const [network = '', bits] = block.split('/');
  const prefix = network.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
  return within(prefix, Number(bits), 32).map(Number);
});

const specialIpv6 = fc.constantFrom(...SPECIAL_IPV6).chain(([prefix, bits]) => {
  const digits = prefix.replaceAll(':', '').padEnd(32, '0');
  return within(BigInt(`0x${digits}`), bits, 128);
});

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

function colons(value: bigint): string {
  return value.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':');
}

const octal = (value: number) => `0${value.toString(8)}`;

/** Ways to write an IPv4 address in a URL. */
const WRITTEN: ((value: number) => string)[] = [
  dotted,
  (value) => String(value),
  octal,
  (value) => `0x${value.toString(16)}`,
  (value) => `${value >>> 24}.${value & 0xffffff}`,
  (value) => `${value >>> 24}.${(value >>> 16) & 255}.${value & 0xffff}`,
  (value) => dotted(value).split('.').map(Number).map(octal).join('.'),
  (value) => `${dotted(value)}.`,
  (value) =>
    [...dotted(value)].map((c) => (/\d/.test(c) ? String.fromCodePoint(0x1d7d8 + Number(c)) : '。')).join(''),
];

/** Ways for IPv6 to carry an IPv4 address elsewhere. */
const CARRIED: ((value: number) => string)[] = [
  (value) => `::ffff:${dotted(value)}`,
  (value) => `::${dotted(value)}`,
  (value) => `64:ff9b::${dotted(value)}`,
  (value) => `::ffff:0:${dotted(value)}`,
  (value) => `2002:${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}::1`,
  (value) => `2001:0:${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}::1`,
];

function hostnameOf(host: string): string {
  return new URL(`https://${host}/`).hostname.replace(/^\[|\]$|\.$/g, '');
}

describe('no special address passes', () => {
  test('however a URL writes its IPv4', () => {
    fc.assert(
      fc.property(specialIpv4, fc.constantFrom(...WRITTEN), (value, write) => {
        expect(isPublicAddress(dotted(value))).toBe(false);
        expect(isPublicAddress(hostnameOf(write(value)))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('nor any IPv6', () => {
    fc.assert(
      fc.property(specialIpv6, (value) => {
        expect(isPublicAddress(colons(value))).toBe(false);
        expect(isPublicAddress(hostnameOf(`[${colons(value)}]`))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('nor any IPv4, special or not, carried in an IPv6', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.constantFrom(...CARRIED), (value, carry) => {
        expect(isPublicAddress(carry(value))).toBe(false);
        expect(isPublicAddress(hostnameOf(`[${carry(value)}]`))).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

test('ordinary addresses of the internet do pass', () => {
  const first = fc.constantFrom(5, 23, 45, 81, 151, 185, 212);
  fc.assert(
    fc.property(first, fc.nat(0xffffff), (start, rest) => {
      expect(isPublicAddress(dotted(((start << 24) | rest) >>> 0))).toBe(true);
    }),
  );
});
