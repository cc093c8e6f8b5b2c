/** Readers of single values. Each throws an `Error` whose message completes "<VARIABLE> …". */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export function parseInteger(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < minimum || value > maximum) {
      const upTo = maximum === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${maximum}`;
      throw new Error(`must be a whole number, ${minimum} ${upTo}`);
    }
    return value;
  };
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `12h`, `30d`, `250ms`, or 0: in milliseconds. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (!match) throw new Error('must be a duration with its unit, such as 90s, 15m, 12h or 30d, or 0');
  return Number(match[1]) * UNITS_MS[match[2]!]!;
}

export function parseList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** `name=value` pairs, separated by commas; what would not be plain in them is percent-encoded. */
export function parsePairs(text: string): Record<string, string> {
  const pairs = parseList(text).map((pair) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || !isDecodable(pair))
      throw new Error('must be pairs such as name=value, separated by commas and percent-encoded');
    return [decodeURIComponent(name.trim()), decodeURIComponent(value!.trim())];
  });
  return Object.fromEntries(pairs);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** IP addresses and blocks of them, such as `10.0.0.0/8`. */
export function parseAddresses(text: string): string[] {
  const entries = parseList(text);
  if (!entries.every((entry) => isIP(entry) !== 0 || ipaddr.isValidCIDR(entry)))
    throw new Error('must be IP addresses or CIDRs such as 10.0.0.0/8, separated by commas');
  return entries;
}

export function parseUrl(...protocols: string[]): (text: string) => string {
  return (text) => {
    if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
      throw new Error(
        `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
    }
    return text;
  };
}

/** A URL as libpq takes it: where no host follows the user, `?host=` names it, such as the folder of a socket. */
export function parseDatabaseUrl(text: string): string {
  parseUrl('postgres:', 'postgresql:')(text.replace('@/', '@localhost/'));
  return text;
}

/** The address of a service, which names of things in it follow. */
export function parseEndpoint(text: string): string {
  const { search, hash, username } = new URL(parseUrl('http:', 'https:')(text));
  if (search || hash || username)
    throw new Error('must be an address alone, such as https://host.example.com');
  return text.replace(/\/+$/, '');
}

/** Names that S3 takes, and those with capitals and underscores that older services have. */
export function parseBucket(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(text))
    throw new Error('must be the name of a bucket alone: 3 to 63 letters, digits, dots and hyphens');
  return text;
}

/** Ends in a slash, so that what it begins is a folder of its own. */
export function parsePrefix(text: string): string {
  const path = text.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.\-/]{0,200}$/.test(path) || /(^|\/)\.{0,2}(\/|$)/.test(path === '' ? 'a' : path))
    throw new Error('must be folders of letters, digits, dots, hyphens and underscores, such as darkroom/');
  return path === '' ? '' : `${path}/`;
}

export function parseBoolean(text: string): boolean {
  if (!/^(true|false|1|0)$/i.test(text)) throw new Error('must be true or false');
  return /^(true|1)$/i.test(text);
}

/** 32 bytes as hexadecimal digits or base64, as `openssl rand -hex 32` or `-base64 32` gives them. */
export function parseSecretKey(text: string): Buffer {
  const key = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64');
  if (key.length !== 32 || !/^[0-9a-z+/_-]+=*$/i.test(text))
    throw new Error('must be 32 bytes in hex or base64, such as `openssl rand -hex 32` gives');
  return key;
}
