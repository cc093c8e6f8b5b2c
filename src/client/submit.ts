/** A submit that never pays twice. */
import { ConnectionError, ServerError } from './errors.ts';
import type { Files } from './files.ts';
import { replaceFiles, toDataUri } from './inputs.ts';
import { modelPath } from './paths.ts';
import { neverSent } from './retry.ts';
import { toBlob } from './sources.ts';
import type { CallOptions, Transport } from './transport.ts';
import type { Submitted } from './types.ts';

export interface SubmitOptions extends CallOptions {
  /**
   * The same key with the same input within 24 hours is the same request. Each submit has a key of its own by default,
   * which is the same over its retries.
   */
  idempotencyKey?: string | undefined;
  /** Fields that the model does not know are an error instead of a warning. */
  strict?: boolean | undefined;
  /** A URL that is told when the request has ended. */
  webhook?: string | undefined;
  /** It is told every change. */
  webhookIntermediateStatus?: boolean | undefined;
}

/** Its answer may carry the longest bodies on the way there. */
const SUBMIT_TIMEOUT_MS = 120_000;

/** Uploads the files of `input` and submits it. */
export async function submit(
  transport: Transport,
  files: Files,
  model: string,
  input: unknown,
  options: SubmitOptions & { graceMs?: number },
): Promise<Submitted> {
  const path = modelPath(model);
  const { isDarkroom } = transport.settings;
  const { signal, graceMs = 0 } = options;
  const json = await replaceFiles(input, async (source) =>
    isDarkroom ? (await files.upload(source, { signal })).url : toDataUri(await toBlob(source)),
  );
  const answer = await transport
    .json<Submitted | undefined>({
      path,
      query: {
        webhook: options.webhook,
        webhook_intermediate_status: options.webhookIntermediateStatus || undefined,
      },
      json,
      headers: {
        'idempotency-key': options.idempotencyKey ?? (isDarkroom ? randomKey() : undefined),
        prefer: options.strict ? 'handling=strict' : undefined,
      },
      signal,
      graceMs,
      timeoutMs: SUBMIT_TIMEOUT_MS,
      // Who knows no such key would take a repeated submit for another one.
      repeat: isDarkroom ? 'always' : 'refused',
    })
    .catch((error: unknown) => {
      if (!isDarkroom && error instanceof ConnectionError && !neverSent(error.cause))
        error.message += ' The request may have been accepted all the same: look before you submit it again.';
      throw error;
    });
  if (typeof answer?.request_id !== 'string')
    throw new ServerError('The server took the request, but its answer has no request_id.', { status: 200 });
  return answer;
}

/** `crypto.randomUUID` is there on https pages only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return `sdk-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
