/** Where the server is, who calls, and what the server knows. */
import { DarkroomError } from './errors.ts';

export interface DarkroomOptions {
  /**
   * The API key, or a function that gives it before each call. `DARKROOM_API_KEY` by default. `null` sends none, for web
   * pages that a session's cookie lets in.
   */
  apiKey?: string | null | (() => string | Promise<string>) | undefined;
  /** `DARKROOM_BASE_URL` by default, else `http://localhost:8080`. In a browser: the page's own origin, which `''` means too. */
  baseUrl?: string | undefined;
  fetch?: typeof fetch | undefined;
  /** How often a call that failed on the way is made again where that is safe: 4. */
  maxRetries?: number | undefined;
  /** Sent with every call. */
  headers?: Record<string, string> | undefined;
  /**
   * What kind of server it is. `runcomfy` knows neither `Idempotency-Key` nor events nor uploads: a submit whose answer was lost is
   * then not repeated, and files go into the input as data URIs. By default it is `runcomfy` for hosts of runcomfy.net
   * and runcomfy.com, and `darkroom` for all others.
   */
  host?: 'darkroom' | 'runcomfy' | undefined;
}

export interface Settings {
  /** Without a slash at its end. */
  baseUrl: string;
  apiKey: () => string | null | Promise<string | null>;
  fetch: typeof fetch;
  maxRetries: number;
  headers: Record<string, string>;
  /** Whether it is a Darkroom, which knows more than the API it is modelled on. */
  isDarkroom: boolean;
}

/** @throws when the base URL is none. */
export function readOptions(options: DarkroomOptions): Settings {
  const isPage = 'document' in globalThis;
  const baseUrl = (
    options.baseUrl ??
    environment('DARKROOM_BASE_URL') ??
    (isPage ? '' : 'http://localhost:8080')
  ).replace(/\/+$/, '');
  if (baseUrl !== '' && !(/^https?:/i.test(baseUrl) && URL.canParse(baseUrl)))
    throw new DarkroomError(
      `baseUrl must begin with http:// or https://, not be ${JSON.stringify(baseUrl)}.`,
    );
  const { apiKey = environment('DARKROOM_API_KEY') ?? (isPage ? null : undefined) } = options;
  const given = options.fetch ?? globalThis.fetch;
  return {
    baseUrl,
    apiKey: typeof apiKey === 'function' ? apiKey : () => keyOrExplain(apiKey),
    // As a method of anything else, browsers' own fetch refuses to be called.
    fetch: (...parameters) => given(...parameters),
    maxRetries: options.maxRetries ?? 4,
    headers: options.headers ?? {},
    isDarkroom: (options.host ?? hostOf(baseUrl)) === 'darkroom',
  };
}

function keyOrExplain(apiKey: string | null | undefined): string | null {
  if (apiKey === undefined)
    throw new DarkroomError('There is no API key: set DARKROOM_API_KEY, or pass apiKey to new Darkroom().');
  return apiKey;
}

function hostOf(baseUrl: string): 'darkroom' | 'runcomfy' {
  return URL.canParse(baseUrl) && /(^|\.)runcomfy\.(net|com)$/.test(new URL(baseUrl).hostname)
    ? 'runcomfy'
    : 'darkroom';
}

/** Where there is an environment, and it may be read. */
function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
