/** Environment → checked, frozen configuration. Read once at start; nothing else looks at the environment. */
import { resolve } from 'node:path';
import { distance } from 'fastest-levenshtein';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';
import { tracingProblems } from './tracing.ts';

type Values = {
  [Name in keyof typeof settings]: (typeof settings)[Name] extends Setting<infer Value> ? Value : never;
};

/** Set apart so that logging or printing the configuration cannot show them. */
export type Secrets = Pick<
  Values,
  | 'databaseUrl'
  | 'databaseSessionUrl'
  | 's3AccessKeyId'
  | 's3SecretAccessKey'
  | 'apiKey'
  | 'secretKeys'
  | 'geminiApiKeys'
  | 'openAiApiKey'
  | 'otelHeaders'
  | 'otelTracesHeaders'
>;
export type Config = Readonly<Omit<Values, keyof Secrets>>;

export interface LoadedConfig {
  config: Config;
  secrets: Readonly<Secrets>;
  /** For `darkroom config`: every setting with its value as text, secrets hidden, and where it comes from. */
  report: { name: string; value: string; source: string; description: string }[];
  /** Things worth a warning: unknown variables, a weak key. */
  warnings: string[];
}

/** Every wrong variable at once. */
class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(problems: string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Reads all settings from `env`; what stands in `envFile` (the variables of a `.env` file) applies where `env` is silent.
 * @throws {ConfigError} naming every variable that is wrong.
 */
export function readConfig(
  env: Record<string, string | undefined>,
  envFile: Record<string, string | undefined> = {},
): LoadedConfig {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const report: LoadedConfig['report'] = [];
  for (const [key, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const source = present(env[setting.name])
      ? 'environment'
      : present(envFile[setting.name])
        ? '.env'
        : 'default';
    const text = (present(env[setting.name]) ? env[setting.name] : envFile[setting.name]) ?? '';
    try {
      values[key] = source === 'default' ? setting.fallback : setting.parse(text.trim());
    } catch (error) {
      problems.push(
        `${setting.name} ${(error as Error).message}${setting.secret ? '' : `; it is ${JSON.stringify(text)}`}`,
      );
    }
    report.push({
      name: setting.name,
      value: show(setting, values[key]),
      source,
      description: setting.description,
    });
  }
  if (values.vertexAi && !values.googleCloudProject)
    problems.push('GOOGLE_CLOUD_PROJECT must be set with GOOGLE_GENAI_USE_VERTEXAI');
  if (values.databaseSessionUrl && !values.databaseUrl)
    problems.push('DATABASE_SESSION_URL is for a pooler at DATABASE_URL, which is not set');
  problems.push(...bucketProblems(values), ...tracingProblems(values));
  if (problems.length > 0) throw new ConfigError(problems);

  const {
    databaseUrl,
    databaseSessionUrl,
    s3AccessKeyId,
    s3SecretAccessKey,
    apiKey,
    secretKeys,
    geminiApiKeys,
    openAiApiKey,
    otelHeaders,
    otelTracesHeaders,
    ...rest
  } = values as Values;
  const config: Config = Object.freeze({ ...rest, dataDir: resolve(rest.dataDir) });
  const warnings = unknownVariables({ ...envFile, ...env });
  if (apiKey !== undefined && apiKey.length < 16)
    warnings.push(
      'DARKROOM_API_KEY is short: use 16 random characters or more wherever others can reach this server',
    );
  return {
    config,
    secrets: Object.freeze({
      databaseUrl,
      databaseSessionUrl,
      s3AccessKeyId,
      s3SecretAccessKey,
      apiKey,
      secretKeys,
      geminiApiKeys,
      openAiApiKey,
      otelHeaders,
      otelTracesHeaders,
    }),
    report,
    warnings,
  };
}

/** Half a bucket: what would quietly put files on the disk, or come to light only with the first of them. */
function bucketProblems(values: Partial<Values>): string[] {
  // What is wrong in itself has been said already.
  const isUnset = (key: keyof Values): boolean => key in values && values[key] === undefined;
  const problems: string[] = [];
  if (isUnset('s3AccessKeyId') ? values.s3SecretAccessKey : isUnset('s3SecretAccessKey'))
    problems.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set together');
  const others = (['s3Endpoint', 's3AccessKeyId', 's3PublicEndpoint'] as const).filter((key) => values[key]);
  if (isUnset('s3Bucket') && others.length > 0)
    problems.push(`S3_BUCKET must be set with ${others.map((key) => settings[key].name).join(', ')}`);
  return problems;
}

/** Set, and not to the empty string, which means unset as in shells and compose files. */
const present = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';

function show(setting: Setting<unknown>, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '(unset)';
  if (setting.secret) return '(set, hidden)';
  // An address may have a user and password in it.
  return String(value).replaceAll(/\/\/[^/@,]+@/g, '//(hidden)@');
}

function unknownVariables(env: Record<string, string | undefined>): string[] {
  const known = Object.values(settings).map(({ name }) => name);
  // Read by clients and the command line, not by the server.
  const elsewhere = ['DARKROOM_BASE_URL'];
  return Object.keys(env)
    .filter((name) => name.startsWith('DARKROOM_') && !known.includes(name) && !elsewhere.includes(name))
    .map((name) => {
      const nearest = known.toSorted((a, b) => distance(name, a) - distance(name, b))[0]!;
      return `${name} is not a setting of Darkroom; did you mean ${nearest}?`;
    });
}
