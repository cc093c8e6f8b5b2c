/** When the upstream says to come back. */

/** Headers as undici gives them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Longer than any limit of calls or tokens a minute takes to pass. */
const LONGEST_MS = 60 * 60_000;
/** What is limited; OpenAI names the header after it. */
const LIMITED = ['requests', 'tokens', 'images', 'input-images'];

/**
 * Milliseconds by `retry-after-ms`, `retry-after` (seconds or a date), or by what `x-ratelimit-reset-…` says of a limit
 * that is used up; undefined where nothing can be read.
 * @param now milliseconds since 1970, for dates
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const waits = [
    milliseconds(headerOf(headers, 'retry-after-ms')),
    secondsOrDate(headerOf(headers, 'retry-after'), now),
    untilReset(headers),
  ];
  const wait = waits.find((ms) => ms !== undefined);
  return wait === undefined ? undefined : Math.min(LONGEST_MS, Math.max(0, Math.ceil(wait)));
}

function untilReset(headers: Headers): number | undefined {
  const resets = LIMITED.flatMap((what) => {
    // How long until the limit is whole again says nothing where something is left of it.
    const left = headerOf(headers, `x-ratelimit-remaining-${what}`);
    const reset = duration(headerOf(headers, `x-ratelimit-reset-${what}`));
    return reset === undefined || (left !== undefined && left !== '0') ? [] : [reset];
  });
  return resets.length > 0 ? Math.max(...resets) : undefined;
}

const milliseconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

function secondsOrDate(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = milliseconds(text);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - now;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1s`, `6m0s`, `120ms`, `1h2m3.5s`; a number alone is seconds. */
function duration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    sum += Number(amount) * UNITS[unit!]!;
  return sum;
}

/** The first of a header that came several times. */
function headerOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim();
}
