/** One call of a model as one request, which its retries go on with. */
import type { SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { CompletedResult, Darkroom, Update, WaitOptions } from '../client/index.ts';
import type { Ticket } from '../client/undelivered.ts';
import { apiCallError } from './call-error.ts';
import type { Connection } from './connection.ts';
import type { Fields, FileFields } from './fields.ts';
import { download, type InputFile, identityOf, inlined, needUpload, uploaded } from './files.ts';

/** What the AI SDK passes on for every kind of model. */
export interface CallOptions {
  providerOptions: SharedV4ProviderOptions;
  abortSignal?: AbortSignal;
  headers?: Record<string, string | undefined>;
}

/** Which fields of the model are given as they are named there, and how the call is to be made. */
export function ownOptions({ providerOptions, headers = {} }: CallOptions): {
  own: Record<string, unknown>;
  idempotencyKey: string | undefined;
  strict: boolean | undefined;
  headers: Record<string, string | undefined>;
} {
  const { idempotencyKey, strict, ...own } = providerOptions.darkroom ?? {};
  // A key that is given as a header is one of the submit alone.
  const isKey = ([name]: [string, unknown]): boolean => name.toLowerCase() === 'idempotency-key';
  const entries = Object.entries(headers);
  return {
    own,
    idempotencyKey: (idempotencyKey as string | undefined) ?? entries.find(isKey)?.[1],
    strict: strict as boolean | undefined,
    headers: Object.fromEntries(entries.filter((entry) => !isKey(entry))),
  };
}

export interface Run {
  modelId: string;
  fields: Fields;
  files: readonly InputFile[];
  filesAt: FileFields;
  options: Omit<ReturnType<typeof ownOptions>, 'own'>;
  signal: AbortSignal | undefined;
  onUpdate: ((update: Update) => void) | undefined;
}

export interface Outcome {
  result: CompletedResult;
  /** Of the outputs, in their order. */
  bytes: Uint8Array[];
  /** As the AI SDK shows it. */
  response: { timestamp: Date; modelId: string; headers: Record<string, string> | undefined };
}

/** @throws {APICallError} and the reason of an aborted signal */
export async function runModel(connection: Connection, run: Run): Promise<Outcome> {
  const { modelId, fields, files, options, signal, onUpdate } = run;
  const timestamp = new Date();
  let answered: Response | undefined;
  const client = connection.client(options.headers, (answer) => {
    answered = answer;
  });
  const wanted = [JSON.stringify([modelId, options.idempotencyKey, fields.values]), ...files.map(identityOf)];
  const work = async (ticket: Ticket): Promise<Omit<Outcome, 'response'>> => {
    const waiting: WaitOptions = {
      signal,
      includeCost: true,
      onUpdate(update) {
        ticket.requestId = update.request_id;
        onUpdate?.(update);
      },
    };
    const result = await (ticket.requestId === undefined
      ? client.run(modelId, fields.withFiles(await urlsOf(client, run, ticket), run.filesAt), {
          ...waiting,
          idempotencyKey: options.idempotencyKey ?? ticket.idempotencyKey,
          strict: options.strict,
        })
      : goOn(client, ticket.requestId, waiting));
    // Part of the call: what was not read was not delivered.
    return { result, bytes: await download(connection.fetch, result, signal) };
  };
  try {
    const outcome = await connection.undelivered.once(wanted, work, signal);
    const headers = answered && Object.fromEntries(answered.headers);
    return { ...outcome, response: { timestamp, modelId: outcome.result.model_id ?? modelId, headers } };
  } catch (error) {
    const { isDarkroom } = connection;
    throw apiCallError(error, { baseUrl: client.baseUrl, isDarkroom, modelId, input: fields.values });
  }
}

/** Waits for the request of a call that went away, and takes it out of the queue if this one goes too. */
async function goOn(client: Darkroom, requestId: string, waiting: WaitOptions): Promise<CompletedResult> {
  try {
    return await client.wait(requestId, waiting);
  } catch (error) {
    if (waiting.signal?.aborted) await client.cancel(requestId).catch(() => {});
    throw error;
  }
}

async function urlsOf(client: Darkroom, { files, signal }: Run, ticket: Ticket): Promise<string[]> {
  if (!needUpload(files)) return inlined(files);
  ticket.uploads ??= await uploaded(client, files, signal);
  return ticket.uploads;
}
