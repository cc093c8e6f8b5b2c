/** Gemini: image models of Google's, by the Developer API with one key or several, by Vertex AI, or both. */
import {
  type Backend,
  BackendError,
  type Capabilities,
  type InputImage,
  type Round,
  type RoundContext,
  type RoundResult,
} from '../backend.ts';
import { type Access, apiKeyAccess } from './access.ts';
import { type AccessPool, createAccessPool } from './access-pool.ts';
import { readPictures } from './answer.ts';
import { type Answer, type CallBounds, type Fetch, postJson } from './call.ts';
import { noCredentials, readError, type Verdict } from './error-answer.ts';
import { type FittedInputs, fitInputs } from './fit-inputs.ts';
import { fitOutputs } from './fit-output.ts';
import { lookAtGemini } from './health.ts';
import { countOf, objectOf } from './json.ts';
import { costOf, hasPrices } from './prices.ts';
import { checkRound, requestBody } from './request-body.ts';
import { upstreamModelOf } from './upstream-models.ts';
import { type VertexOptions, vertexAccess } from './vertex-access.ts';

export interface GeminiOptions {
  /** Of the Developer API; several share the load. */
  apiKeys: readonly string[];
  /** Of the Developer API, with its version or without. */
  baseUrl?: string;
  vertex?: VertexOptions;
  /** For one call. */
  timeoutMs?: number;
  /** Of one answer, drafts and signatures among it. */
  maxAnswerBytes?: number;
  fetch?: Fetch;
  /** Milliseconds, of a clock that is never set. */
  now?: () => number;
}

/** A 4K picture with its drafts takes two minutes at worst. */
const TIMEOUT_MS = 280_000;
/** Four pictures at 4K, their drafts, and a signature of 3 MB for each. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** @throws {Error} with neither a key nor Vertex AI, and for what cannot be a key. */
export function createGeminiBackend(options: GeminiOptions): Backend {
  for (const [index, key] of options.apiKeys.entries()) checkKey(key, index + 1);
  const accesses: Access[] = options.apiKeys.map((key, index) =>
    apiKeyAccess(key, index + 1, options.baseUrl),
  );
  if (options.vertex) accesses.push(vertexAccess(options.vertex));
  if (accesses.length === 0) throw new Error('Gemini needs an API key or a project on Vertex AI');
  const now = options.now ?? (() => performance.now());
  const pool = createAccessPool(accesses, now);
  const bounds: CallBounds = {
    fetch: options.fetch ?? fetch,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxAnswerBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
  };
  const inputsOf = createInputCache();

  return {
    name: 'gemini',
    capabilities: capabilitiesOf,
    async generate(round, context) {
      try {
        context.signal.throwIfAborted();
        checkRound(round);
        const inputs = await inputsOf(round, context.signal);
        const json = JSON.stringify(requestBody(round, inputs.images));
        const answer = await callThrough(pool, round, json, bounds, context, now);
        return await resultOf(answer, round, inputs.adjustments, context);
      } catch (error) {
        if (error instanceof BackendError || !context.signal.aborted) throw error;
        throw new BackendError('cancelled', 'The round was stopped.', { cause: error });
      }
    },
    health: (signal) => lookAtGemini(pool, bounds.fetch, signal),
  };
}

/** As a header it would be refused only later, in words that show it. */
function checkKey(key: string, place: number): void {
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error(`key ${place} of Gemini is not a key`);
}

function capabilitiesOf(upstreamModel: string): Capabilities {
  return {
    maxInputImages: upstreamModelOf(upstreamModel).maxInputImages,
    inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
    seed: 'best-effort',
    reportsProgress: false,
    tellsCost: hasPrices(upstreamModel),
  };
}

/** The rounds of a request share their inputs: what has to be made smaller is made smaller once. */
function createInputCache(): (round: Round, signal: AbortSignal) => Promise<FittedInputs> {
  const fitted = new WeakMap<InputImage[], Promise<FittedInputs>>();
  return async ({ images, prompt }, signal) => {
    const known = fitted.get(images);
    if (known) return await known;
    const fitting = fitInputs(images, Buffer.byteLength(JSON.stringify(prompt)), signal);
    fitted.set(images, fitting);
    fitting.catch(() => fitted.delete(images));
    return await fitting;
  };
}

/** The first way in that is not over its limit, spent or refused; the others are let rest, and not asked twice. */
async function callThrough(
  pool: AccessPool,
  round: Round,
  json: string,
  bounds: CallBounds,
  context: RoundContext,
  now: () => number,
): Promise<unknown> {
  const { upstreamModel } = round;
  const tried = new Set<Access>();
  for (;;) {
    const access = pool.take(upstreamModel, tried);
    if (!access) throw pool.whyNone(upstreamModel);
    tried.add(access);
    const verdict = await askOnce(access, upstreamModel, json, withinDeadline(bounds, context), context);
    if ('body' in verdict) return verdict.body;
    if ('error' in verdict) throw verdict.error;
    const { kind, reason, forMs, everyModel } = verdict.rest;
    pool.rest(access, everyModel ? undefined : upstreamModel, { kind, reason, untilMs: now() + forMs });
    context.log.warn(
      { access: access.label, upstream_model: upstreamModel, rests: kind, rest_ms: forMs, reason },
      'Gemini did not take a call: this way in rests',
    );
  }
}

/** @throws {BackendError} where no whole answer came. */
async function askOnce(
  access: Access,
  upstreamModel: string,
  json: string,
  bounds: CallBounds,
  { signal }: RoundContext,
): Promise<{ body: unknown } | Verdict> {
  try {
    const answer = await postJson(access, upstreamModel, json, bounds, signal);
    const status = statusOf(answer);
    return status === 200 ? { body: answer.body } : readError(status, answer.body, answer.retryAfter);
  } catch (error) {
    if (!(error instanceof BackendError) || error.kind !== 'auth') throw error;
    return noCredentials(error);
  }
}

function withinDeadline(bounds: CallBounds, { deadline }: RoundContext): CallBounds {
  return { ...bounds, timeoutMs: Math.min(bounds.timeoutMs, deadline.getTime() - Date.now()) };
}

/** A relay may put an error into an answer of 200. */
function statusOf({ status, body }: Answer): number {
  if (status < 200 || status > 299) return status;
  const { error } = objectOf(body);
  return error === undefined ? 200 : (countOf(objectOf(error).code) ?? 500);
}

async function resultOf(
  body: unknown,
  round: Round,
  told: readonly string[],
  { signal, log }: RoundContext,
): Promise<RoundResult> {
  const pictures = await readPictures(body);
  const costUsd = costOf(round.upstreamModel, pictures.usage);
  log.debug({ upstream_model: round.upstreamModel, usage: pictures.usage }, 'Gemini answered');
  const { outputs, adjustments } = await fitOutputs(pictures.outputs, round, signal);
  return {
    outputs,
    ...(pictures.description && { description: pictures.description }),
    ...(costUsd !== undefined && { costUsd }),
    adjustments: [...told, ...adjustments],
  };
}
