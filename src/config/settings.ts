/** Every environment variable Darkroom reads: its name, form, default and meaning. The only place that names them. */
import {
  parseAddresses,
  parseBoolean,
  parseBucket,
  parseDatabaseUrl,
  parseDuration,
  parseEndpoint,
  parseList,
  parsePrefix,
  parseSecretKey,
  parseUrl,
} from './parse.ts';
import { DAY_MS, duration, integer, longDuration, oneOf, setting, text } from './setting.ts';
import { tracingSettings } from './tracing.ts';

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
  databaseSessionUrl: setting(
    'DATABASE_SESSION_URL',
    undefined as string | undefined,
    parseDatabaseUrl,
    'the same PostgreSQL without the pooler, where DATABASE_URL goes through one in transaction mode',
    true,
  ),
  dataDir: setting('DARKROOM_DATA_DIR', './data', text, 'folder of the embedded PostgreSQL and of the files'),
  s3Bucket: setting(
    'S3_BUCKET',
    undefined as string | undefined,
    parseBucket,
    'bucket for files, on S3 or what speaks its protocol; unset: files lie in the data folder',
  ),
  s3Endpoint: setting(
    'S3_ENDPOINT',
    undefined as string | undefined,
    parseEndpoint,
    "address of the bucket's service; unset: AWS",
  ),
  s3Region: setting(
    'S3_REGION',
    undefined as string | undefined,
    text,
    'region of the bucket; unset: AWS_REGION, and us-east-1 where S3_ENDPOINT is set',
  ),
  s3AccessKeyId: setting(
    'S3_ACCESS_KEY_ID',
    undefined as string | undefined,
    text,
    "access key for the bucket; unset: as AWS's own tools find one (AWS_ACCESS_KEY_ID, a profile, the role of the machine)",
    true,
  ),
  s3SecretAccessKey: setting(
    'S3_SECRET_ACCESS_KEY',
    undefined as string | undefined,
    text,
    'secret of S3_ACCESS_KEY_ID',
    true,
  ),
  s3ForcePathStyle: setting(
    'S3_FORCE_PATH_STYLE',
    undefined as boolean | undefined,
    parseBoolean,
    'the bucket is in the path of its URLs, not in the name of the host; unset: where S3_ENDPOINT is set',
  ),
  s3Prefix: setting(
    'S3_PREFIX',
    '',
    parsePrefix,
    'what all names in the bucket begin with, such as darkroom/',
  ),
  s3Serve: setting(
    'S3_SERVE',
    'proxy' as 'proxy' | 'redirect',
    oneOf('proxy', 'redirect'),
    'how files reach clients: proxy (through this server) or redirect (to signed URLs of the bucket)',
  ),
  s3PublicEndpoint: setting(
    'S3_PUBLIC_ENDPOINT',
    undefined as string | undefined,
    parseEndpoint,
    "address at which clients reach the bucket's service, for signed URLs; unset: as S3_ENDPOINT",
  ),
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
  secretKeys: setting(
    'DARKROOM_SECRET_KEY',
    [] as Buffer[],
    (value) => parseList(value).map(parseSecretKey),
    'encrypts webhook secrets, 32 bytes in hex or base64; of several, the first encrypts; unset: one is made in the data folder',
    true,
  ),
  allowInputHosts: setting(
    'DARKROOM_ALLOW_INPUT_HOSTS',
    [] as string[],
    parseList,
    'hosts, host:port or CIDRs that input URLs may use although private, and over http',
  ),
  allowWebhookHosts: setting(
    'DARKROOM_ALLOW_WEBHOOK_HOSTS',
    [] as string[],
    parseList,
    'hosts, host:port or CIDRs that webhooks may be sent to although private, and over http',
  ),
  corsOrigins: setting(
    'DARKROOM_CORS_ORIGINS',
    ['*'],
    parseList,
    'origins whose pages may call the API; * for all',
  ),
  trustedProxies: setting(
    'DARKROOM_TRUSTED_PROXIES',
    [] as string[],
    parseAddresses,
    'addresses or CIDRs of proxies that say who calls, in X-Forwarded-For',
  ),
  sessionIdleMs: setting(
    'DARKROOM_SESSION_IDLE',
    14 * DAY_MS,
    longDuration(5 * 60_000),
    'time without use after which the web app signs out',
  ),
  sessionLifetimeMs: setting(
    'DARKROOM_SESSION_LIFETIME',
    90 * DAY_MS,
    longDuration(5 * 60_000),
    'time after which the web app signs out in any case',
  ),
  linkLifetimeMs: setting(
    'DARKROOM_LINK_LIFETIME',
    3_600_000,
    longDuration(60_000),
    'how long a sign-in link works',
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
    'calls a minute for one key, over all processes; 0 for no limit',
  ),
  maxStreams: setting(
    'DARKROOM_MAX_STREAMS',
    1000,
    integer(1, 1_000_000),
    'event streams that one account may have open, for each process',
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
  webhookRetentionMs: setting(
    'DARKROOM_WEBHOOK_RETENTION',
    30 * 86_400_000,
    parseDuration,
    'age at which records of webhook deliveries expire; 0 keeps them',
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
  ...tracingSettings,
} as const;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A key must survive an HTTP header as it is. */
function parseKey(value: string): string {
  if (!/^[\x21-\x7e]{8,200}$/.test(value))
    throw new Error('must be 8 to 200 visible ASCII characters without spaces');
  return value;
}
