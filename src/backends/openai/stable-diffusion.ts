/**
 * The jobs of stable-diffusion.cpp's own API, which outlive a lost connection and a crash of ours. Recorded from its
 * `examples/server` (routes_sdcpp.cpp, async_jobs.cpp, api.md) as of September 2026: it reports no progress.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BackendError,
  type RemoteReference,
  type Round,
  type RoundContext,
  type RoundResult,
  WorkHandedOver,
} from '../backend.ts';
import { type Api, succeeded } from './api.ts';
import { chooseSize } from './choose-size.ts';
import { fitOutputs } from './fit-output.ts';
import { readImages } from './read-images.ts';
import { objectOf, refusal } from './refusal.ts';
import { type FreeSizes, isOpenAiModel } from './upstream-models.ts';

/** What the loaded model's server told of itself. */
interface JobServer {
  /** `https://host/sdcpp/v1` */
  url: string;
  sizes: FreeSizes;
  outputFormats: readonly string[];
}

export interface Jobs {
  /** Undefined where the server has no such API; asked once. @throws {BackendError} when it cannot be asked now. */
  detect(signal: AbortSignal): Promise<JobServer | undefined>;
  /** Whether it was found to have jobs. */
  readonly found: boolean;
  run(server: JobServer, round: Round, context: RoundContext): Promise<RoundResult>;
  /** Goes on with what an earlier call began, or begins anew where that is gone. */
  resume(
    server: JobServer,
    reference: RemoteReference,
    round: Round,
    context: RoundContext,
  ): Promise<RoundResult>;
}

const KIND = 'stable-diffusion.cpp';
const ASK_TIMEOUT_MS = 10_000;
const CANCEL_TIMEOUT_MS = 2000;
/** A poll lost on its way loses nothing: only this many in a row mean that the server is gone. */
const MAX_LOST_POLLS = 5;
const LONGEST_POLL_MS = 2000;

/** @param api of a server that may have them */
export function createJobs(api: Api): Jobs {
  let detected: Detected = 'unknown';

  async function detect(signal: AbortSignal): Promise<JobServer | undefined> {
    if (detected === 'unknown') detected = await askForJobs(api, signal);
    return typeof detected === 'object' ? detected : undefined;
  }

  async function run(server: JobServer, round: Round, context: RoundContext): Promise<RoundResult> {
    if (isOpenAiModel(round.upstreamModel)) {
      // It would run what it has loaded under whatever name: the caller would get another model's picture.
      throw new BackendError('model_unavailable', 'The image service does not have this model.');
    }
    const job = await begin(server, round, context);
    return await finish(server, job, round, context);
  }

  async function begin(
    server: JobServer,
    round: Round,
    { signal, ...context }: RoundContext,
  ): Promise<string> {
    const body = JSON.stringify(jobRequest(server, round));
    const answer = objectOf(
      await api.call(`${server.url}/img_gen`, {
        method: 'POST',
        body,
        contentType: 'application/json',
        signal,
      }),
    );
    if (typeof answer.id !== 'string')
      throw new BackendError('unavailable', 'The image service took the work without naming it.');
    // A round that is tried with another seed is other work.
    await context.saveRemoteReference({ kind: KIND, job: answer.id, seed: round.seed });
    return answer.id;
  }

  async function finish(
    server: JobServer,
    job: string,
    round: Round,
    context: RoundContext,
  ): Promise<RoundResult> {
    const result = objectOf(await untilDone(server, job, context));
    const came = await readImages(result.images, api, context.signal);
    return await fitOutputs(came, chooseJobSize(server, round), round, context.signal);
  }

  async function untilDone(server: JobServer, job: string, context: RoundContext): Promise<unknown> {
    const { signal } = context;
    let waitMs = api.firstWaitMs;
    let lost = 0;
    try {
      for (;;) {
        const state = await look(server, job, signal).catch((error) => {
          if (!isPassing(error) || ++lost >= MAX_LOST_POLLS) throw error;
          return undefined;
        });
        if (state) {
          lost = 0;
          if (state.status === 'completed') return state.result;
          failIfEnded(state);
        }
        await sleep(waitMs, undefined, { signal });
        waitMs = Math.min(LONGEST_POLL_MS, waitMs * 1.5);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      if (!(signal.reason instanceof WorkHandedOver)) await cancel(server, job);
      throw new BackendError('cancelled', 'The call was stopped.', { cause: error });
    }
  }

  async function look(server: JobServer, job: string, signal: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await api.ask(jobUrl(server, job), { method: 'GET', signal });
    if (answer.status === 404 || answer.status === 410) throw new JobGone('The image service lost the work.');
    if (!succeeded(answer)) throw refusal(answer, Date.now());
    return objectOf(answer.body);
  }

  /** Work that has begun is not stopped by it. */
  async function cancel(server: JobServer, job: string): Promise<void> {
    const signal = AbortSignal.timeout(CANCEL_TIMEOUT_MS);
    await api.ask(`${jobUrl(server, job)}/cancel`, { method: 'POST', signal }).catch(() => {});
  }

  return {
    detect,
    get found() {
      return typeof detected === 'object';
    },
    run,
    async resume(server, reference, round, context) {
      const { kind, job, seed } = reference;
      if (kind !== KIND || typeof job !== 'string' || seed !== round.seed)
        return await run(server, round, context);
      try {
        return await finish(server, job, round, context);
      } catch (error) {
        // Jobs are kept in memory and for a while only.
        if (!(error instanceof JobGone)) throw error;
        context.log.info({ job }, 'the image service no longer has the job: it is begun anew');
        return await run(server, round, context);
      }
    },
  };
}

type Detected = JobServer | 'none' | 'unknown';

/** @throws {BackendError} where the server does not answer at all. */
async function askForJobs(api: Api, signal: AbortSignal): Promise<Detected> {
  const url = `${api.baseUrl.replace(/\/v1$/, '')}/sdcpp/v1`;
  try {
    const answer = await api.ask(`${url}/capabilities`, { method: 'GET', signal, timeoutMs: ASK_TIMEOUT_MS });
    if (succeeded(answer)) return readCapabilities(objectOf(answer.body), url) ?? 'none';
    // A server in trouble may have them all the same.
    return answer.status >= 500 || answer.status === 429 ? 'unknown' : 'none';
  } catch (error) {
    if (!(error instanceof BackendError) || error.kind !== 'timeout') throw error;
    throw new BackendError('unavailable', 'The image service does not answer.', { cause: error });
  }
}

function readCapabilities(answer: Record<string, unknown>, url: string): JobServer | undefined {
  const modes = answer.supported_modes;
  if (!Array.isArray(modes) || !modes.includes('img_gen')) return undefined;
  const formats = objectOf(answer.output_formats_by_mode).img_gen ?? answer.output_formats;
  const limits = objectOf(answer.limits);
  const limit = (name: string, usual: number) =>
    Number.isSafeInteger(limits[name]) ? Number(limits[name]) : usual;
  const longest = Math.min(limit('max_width', 4096), limit('max_height', 4096));
  const shortest = Math.max(limit('min_width', 64), limit('min_height', 64));
  return {
    url,
    sizes: {
      step: 16,
      maxEdge: longest,
      minPixels: shortest ** 2,
      maxPixels: longest ** 2,
      maxRatio: longest / shortest,
    },
    outputFormats: Array.isArray(formats) ? formats.filter((format) => typeof format === 'string') : ['png'],
  };
}

const chooseJobSize = (server: JobServer, round: Round) =>
  chooseSize(round, { sizes: server.sizes, autoSize: false });

/** Inputs are given as its own `/v1/images/edits` gives them on: all as references, the first to start from too. */
function jobRequest(server: JobServer, round: Round): Record<string, unknown> {
  const { sent } = chooseJobSize(server, round);
  const images = round.images.map(({ bytes }) => bytes.toString('base64'));
  const { negative_prompt: negative, strength, steps, cfg_scale: scale } = round.parameters;
  return {
    prompt: round.prompt,
    ...(typeof negative === 'string' && { negative_prompt: negative }),
    ...(sent !== 'auto' && sent),
    seed: round.seed,
    batch_count: 1,
    ...(images.length > 0 && { ref_images: images, init_image: images[0] }),
    ...(typeof strength === 'number' && { strength }),
    ...sampling(steps, scale),
    output_format: server.outputFormats.includes(round.outputFormat) ? round.outputFormat : 'png',
    // It would write the prompt into the picture.
    embed_image_metadata: false,
  };
}

function sampling(steps: unknown, scale: unknown): Record<string, unknown> {
  const chosen = {
    ...(typeof steps === 'number' && { sample_steps: steps }),
    ...(typeof scale === 'number' && { guidance: { txt_cfg: scale } }),
  };
  return Object.keys(chosen).length > 0 ? { sample_params: chosen } : {};
}

function failIfEnded({ status, error }: Record<string, unknown>): void {
  const cause = new Error(`the job ended as ${status}: ${objectOf(error).message ?? 'without a message'}`);
  if (status === 'failed')
    throw new BackendError('no_output', 'The image service could not make the image.', { cause });
  if (status === 'cancelled') throw new JobGone('The work was cancelled at the image service.', cause);
}

/** A call of the same round may begin it anew. */
class JobGone extends BackendError {
  constructor(message: string, cause?: unknown) {
    super('unavailable', message, { cause });
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof BackendError &&
  !(error instanceof JobGone) &&
  ['unavailable', 'rate_limited', 'timeout'].includes(error.kind);

const jobUrl = (server: JobServer, job: string): string => `${server.url}/jobs/${encodeURIComponent(job)}`;
