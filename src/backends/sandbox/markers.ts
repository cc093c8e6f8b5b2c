/** Outcomes on demand: `[[sandbox:…]]` in a prompt, as test card numbers are to a payment service. */
import type { BackendErrorKind } from '../backend.ts';

/** A failure to bring about. */
interface Failing {
  kind: BackendErrorKind;
  /** Tries that fail before one goes well. */
  tries: number;
}

export interface Markers {
  /** The prompt without its markers. */
  prompt: string;
  failures: readonly Failing[];
  /** In place of the usual delay. */
  slowMs: number | undefined;
  /** Only rounds before this one succeed. */
  rounds: number | undefined;
  /** Images in one round. */
  images: number;
  hang: boolean;
  /** Words between the brackets that mean nothing here. */
  unknown: readonly string[];
}

const FAILURES: Readonly<Record<string, BackendErrorKind>> = {
  blocked: 'content_blocked',
  no_output: 'no_output',
  error: 'invalid_request',
  auth: 'auth',
  model_unavailable: 'model_unavailable',
  rate_limited: 'rate_limited',
  unavailable: 'unavailable',
  timeout: 'timeout',
};

const MARKER = /\[\[\s*sandbox\s*:([^\]]*)\]\]/gi;
const MOST_IMAGES = 4;
const LONGEST_MS = 3_600_000;

/** Takes the markers out of a prompt. Several may stand side by side, or in one with commas between. */
export function readMarkers(prompt: string): Markers {
  const failures: Failing[] = [];
  const unknown: string[] = [];
  const numbers = new Map<string, number>();
  let hang = false;

  for (const [, list] of prompt.matchAll(MARKER)) {
    for (const word of list!.split(',').map((part) => part.trim().toLowerCase())) {
      if (word === '') continue;
      const [, name = '', digits] = /^([a-z_]+)(?:\s*=\s*(\d{1,7}))?$/.exec(word) ?? [];
      const number = digits === undefined ? undefined : Number(digits);
      if (name === 'hang' && number === undefined) hang = true;
      else if (Object.hasOwn(FAILURES, name))
        failures.push({ kind: FAILURES[name]!, tries: number ?? Number.POSITIVE_INFINITY });
      else if (number !== undefined && isNumberFor(name, number)) numbers.set(name, number);
      else unknown.push(word);
    }
  }
  return {
    prompt: prompt.replace(MARKER, ' ').replace(/\s+/gu, ' ').trim(),
    failures,
    slowMs: numbers.get('slow'),
    rounds: numbers.get('partial'),
    images: numbers.get('images') ?? 1,
    hang,
    unknown,
  };
}

function isNumberFor(name: string, value: number): boolean {
  if (name === 'slow') return value <= LONGEST_MS;
  if (name === 'images') return value >= 1 && value <= MOST_IMAGES;
  return name === 'partial';
}
