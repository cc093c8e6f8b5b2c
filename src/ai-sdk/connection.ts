/** What the models of one provider share. */
import { Darkroom, type DarkroomOptions, type InputSchema } from '../client/index.ts';
import { readOptions } from '../client/options.ts';
import { Undelivered } from '../client/undelivered.ts';
import { apiCallError } from './call-error.ts';

export interface DarkroomProviderSettings {
  /** The API key, or a function that gives it before each call. `DARKROOM_API_KEY` by default. */
  apiKey?: DarkroomOptions['apiKey'];
  /** `DARKROOM_BASE_URL` by default, else `http://localhost:8080`. */
  baseURL?: string;
  /** Sent with every call to the server. */
  headers?: Record<string, string>;
  /** Makes every call, also those for the bytes of images. */
  fetch?: typeof fetch;
  /**
   * How often a call that failed on the way is made again where that is safe: 2. The AI SDK's own `maxRetries` counts on top,
   * and retries generations that failed as well.
   */
  maxRetries?: number;
  /** `runcomfy` where a proxy hides that it is that service; known by its name otherwise. */
  host?: DarkroomOptions['host'];
}

export interface Connection {
  /** A client whose answers are shown to `onAnswer`. */
  client(headers?: Record<string, string | undefined>, onAnswer?: (answer: Response) => void): Darkroom;
  /** Whether a submit can be repeated without being done twice. */
  isDarkroom: boolean;
  /** For what needs no key. */
  fetch: typeof fetch;
  /** @throws {APICallError} */
  schemaOf(modelId: string): Promise<InputSchema>;
  undelivered: Undelivered;
}

/** A model's fields change with the server's version at most. */
const SCHEMA_MS = 600_000;

export function connect({
  apiKey,
  baseURL,
  headers = {},
  fetch: given,
  maxRetries = 2,
  host,
}: DarkroomProviderSettings): Connection {
  const { isDarkroom } = readOptions({ baseUrl: baseURL, host });
  const schemas = new Map<string, { schema: Promise<InputSchema>; untilMs: number }>();
  // What the global one is when it is called, not now.
  const call: typeof fetch = (...parameters) => (given ?? globalThis.fetch)(...parameters);
  const client: Connection['client'] = (callHeaders = {}, onAnswer = () => {}) =>
    new Darkroom({
      apiKey,
      baseUrl: baseURL,
      headers: joined(headers, callHeaders),
      maxRetries,
      host,
      async fetch(...parameters) {
        const answer = await call(...parameters);
        onAnswer(answer);
        return answer;
      },
    });
  return {
    client,
    isDarkroom,
    fetch: call,
    undelivered: new Undelivered(),
    schemaOf(modelId) {
      const known = schemas.get(modelId);
      if (known && known.untilMs > Date.now()) return known.schema;
      const schema = readSchema(client(), modelId, isDarkroom);
      schemas.set(modelId, { schema, untilMs: Date.now() + SCHEMA_MS });
      schema.catch(() => schemas.delete(modelId));
      return schema;
    },
  };
}

/** Names in lower case, so that a call's header replaces the provider's. */
function joined(...all: Record<string, string | undefined>[]): Record<string, string> {
  const headers = new Headers();
  for (const [name, value] of all.flatMap((some) => Object.entries(some)))
    if (value !== undefined) headers.set(name, value);
  return Object.fromEntries(headers);
}

async function readSchema(client: Darkroom, modelId: string, isDarkroom: boolean): Promise<InputSchema> {
  try {
    const { input_schema } = await client.models.get(modelId);
    return input_schema ?? { type: 'object', title: 'Input', required: [], properties: {} };
  } catch (error) {
    const { baseUrl } = client;
    throw apiCallError(error, { baseUrl, isDarkroom, modelId, input: {} });
  }
}
