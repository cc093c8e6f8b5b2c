/** Readers of single values. Each throws an `Error` whose message completes "<VARIABLE> …". */

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

export function parseBoolean(text: string): boolean {
  if (!/^(true|false|1|0)$/i.test(text)) throw new Error('must be true or false');
  return /^(true|1)$/i.test(text);
}
