/** Every environment variable Darkroom reads: its name, form, default and meaning. The only place that names them. */
import { parseBoolean, parseDatabaseUrl, parseDuration, parseInteger, parseList, parseUrl } from './parse.ts';

export interface Setting<Value> {
  name: string;
  /** Throws an `Error` whose message says what the value must be. */
  parse(text: string): Value;
  fallback: Value;
  description: string;
  /** Hidden wherever it is printed. */
  secret?: boolean;
}

const setting = <Value>(
  name: string,
  fallback: Value,
  parse: (text: string) => Value,
  description: string,
  secret = false,
): Setting<Value> => ({
  name,
  fallback,
  parse,
  description,
  secret,
});

const text = (value: string): string => value;
const oneOf =
  <Word extends string>(...words: Word[]) =>
  (value: string): Word => {
    if (!words.includes(value as Word)) throw new Error(`must be one of ${words.join(', ')}`);
    return value as Word;
  };
/** Up to what timers can count to: past it they fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const duration =
  (minimumMs: number, maximumMs = LONGEST_TIMER_MS) =>
  (value: string): number => {
    const ms = parseDuration(value);
    if (ms < minimumMs) throw new Error('must be longer');
    if (ms > maximumMs) throw new Error(`must be at most ${Math.floor(maximumMs / 3_600_000)}h`);
    return ms;
  };
const integer = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) => parseInteger(minimum, maximum);

export const settings = {
  port: setting('PORT', 8080, integer(0, 65535), 'port to listen on; 0 takes any free one'),
  host: setting('HOST', '127.0.0.1', text, 'address to listen on; 0.0.0.0 for all'),
  databaseUrl: setting(
    'DATABASE_URL',
    undefined as string | undefined,
    parseDatabaseUrl,
    'PostgreSQL to use; unset: an embedded one in the data folder',
    true,
  ),
  dataDir: setting('DARKROOM_DATA_DIR', './data', text, 'folder of the embedded PostgreSQL and of the files'),
  publicUrl: setting(
    'DARKROOM_PUBLIC_URL',
    undefined as string | undefined,
    (value) => parseUrl('http:', 'https:')(value).replace(/\/+$/, ''),
    'address that clients reach this server at; unset: as each client wrote it',
  ),
  apiKey: setting(
    'DARKROOM_API_KEY',
    undefined as string | undefined,
    parseKey,
    'installed as the first API key at the first start; unset: one is made and printed',
    true,
  ),
  allowInputHosts: setting(
    'DARKROOM_ALLOW_INPUT_HOSTS',
    [] as string[],
    parseList,
    'hosts, host:port or CIDRs that input URLs may use although private, and over http',
  ),
  corsOrigins: setting(
    'DARKROOM_CORS_ORIGINS',
    ['*'],
    parseList,
    'origins whose pages may call the API; * for all',
  ),
  modelsDir: setting(
    'DARKROOM_MODELS_DIR',
    undefined as string | undefined,
    text,
    'folder with models of your own, beside those that come with Darkroom',
  ),
  sandbox: setting(
    'DARKROOM_SANDBOX',
    'auto' as 'auto' | 'on' | 'off',
    oneOf('auto', 'on', 'off'),
    'the built-in backend: on, off, or auto (on when no other backend is configured)',
  ),
  sandboxDelayMs: setting(
    'DARKROOM_SANDBOX_DELAY_MS',
    1000,
    integer(0, 3_600_000),
    'how long the sandbox takes for an image',
  ),
  geminiApiKeys: setting(
    'GEMINI_API_KEY',
    [] as string[],
    parseList,
    'runs models through the Gemini API; several keys, comma-separated, share the load',
    true,
  ),
  geminiBaseUrl: setting(
    'GEMINI_BASE_URL',
    undefined as string | undefined,
    parseUrl('http:', 'https:'),
    "address of the Gemini API; unset: Google's",
  ),
  vertexAi: setting(
    'GOOGLE_GENAI_USE_VERTEXAI',
    false,
    parseBoolean,
    "runs Gemini through Vertex AI, with Google's application default credentials",
  ),
  googleCloudProject: setting(
    'GOOGLE_CLOUD_PROJECT',
    undefined as string | undefined,
    text,
    'project of Vertex AI',
  ),
  googleCloudLocation: setting('GOOGLE_CLOUD_LOCATION', 'global', text, 'location of Vertex AI'),
  comfyUiUrls: setting(
    'COMFYUI_URL',
    [] as string[],
    (value) => parseList(value).map(parseUrl('http:', 'https:')),
    'ComfyUI servers, comma-separated; the one with the shortest queue is asked first',
  ),
  openAiApiKey: setting(
    'OPENAI_API_KEY',
    undefined as string | undefined,
    text,
    'runs models through the OpenAI API, or a server that speaks it',
    true,
  ),
  openAiBaseUrl: setting(
    'OPENAI_BASE_URL',
    undefined as string | undefined,
    parseUrl('http:', 'https:'),
    "address of an OpenAI-compatible server, with its version; unset: OpenAI's",
  ),
  routingFile: setting(
    'DARKROOM_ROUTING',
    undefined as string | undefined,
    text,
    'JSON file that says which backends run which models, and limits them',
  ),
  concurrency: setting(
    'DARKROOM_CONCURRENCY',
    16,
    integer(1, 10_000),
    'requests that one worker process runs at once',
  ),
  maxRunning: setting(
    'DARKROOM_MAX_RUNNING',
    8,
    integer(1, 10_000),
    'requests of one account that run at once',
  ),
  maxQueued: setting('DARKROOM_MAX_QUEUED', 100_000, integer(1), 'requests of one account that may wait'),
  rateLimit: setting(
    'DARKROOM_RATE_LIMIT',
    6000,
    integer(0),
    'calls a minute for one key, for each process; 0 for no limit',
  ),
  requestTimeoutMs: setting(
    'DARKROOM_REQUEST_TIMEOUT',
    600_000,
    duration(1),
    'how long a request may run once it has started',
  ),
  inputTimeoutMs: setting(
    'DARKROOM_INPUT_TIMEOUT',
    30_000,
    duration(1, 3_600_000),
    'how long fetching one input URL may take',
  ),
  outputRetentionMs: setting(
    'DARKROOM_OUTPUT_RETENTION',
    0,
    parseDuration,
    'age at which output files expire, such as 30d; 0 keeps them',
  ),
  requestRetentionMs: setting(
    'DARKROOM_REQUEST_RETENTION',
    0,
    parseDuration,
    'age at which whole requests expire, such as 90d; 0 keeps them',
  ),
  shutdownGraceMs: setting(
    'DARKROOM_SHUTDOWN_GRACE',
    10_000,
    duration(0),
    'how long running rounds may take to finish at shutdown',
  ),
  databasePool: setting(
    'DARKROOM_DATABASE_POOL',
    10,
    integer(2, 1000),
    'connections to PostgreSQL for each process',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    'info' as LogLevel,
    oneOf<LogLevel>('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'least severe line that is logged',
  ),
  logFormat: setting(
    'LOG_FORMAT',
    'auto' as 'auto' | 'pretty' | 'json',
    oneOf('auto', 'pretty', 'json'),
    'pretty, json, or auto (pretty on a terminal)',
  ),
} as const;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A key must survive an HTTP header as it is. */
function parseKey(value: string): string {
  if (!/^[\x21-\x7e]{8,200}$/.test(value))
    throw new Error('must be 8 to 200 visible ASCII characters without spaces');
  return value;
}
