/** OpenAI's image API, and every server that speaks it; stable-diffusion.cpp's own jobs where the server has them. */
import type { Backend, Capabilities, Round, RoundContext, RoundResult } from '../backend.ts';
import { type ApiOptions, createApi } from './api.ts';
import { lookAtServer } from './health.ts';
import { makeImages } from './images.ts';
import { hasPrices } from './prices.ts';
import { createJobs } from './stable-diffusion.ts';
import { upstreamModelOf } from './upstream-models.ts';

export interface OpenAiOptions extends Partial<ApiOptions> {
  baseUrl: string;
}

/** A picture takes up to some minutes. */
const TIMEOUT_MS = 300_000;
/** A PNG of 4K is up to 26 MB, and a third more in base64. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const FIRST_WAIT_MS = 500;

/** @param options the server as the operator configured it; without a key, none is sent */
export function createOpenAiBackend(options: OpenAiOptions): Backend {
  const api = createApi({
    baseUrl: options.baseUrl,
    apiKey: options.apiKey,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxAnswerBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
    firstWaitMs: options.firstWaitMs ?? FIRST_WAIT_MS,
  });
  const jobs = isOpenAi(api.baseUrl) ? undefined : createJobs(api);

  async function generate(round: Round, context: RoundContext): Promise<RoundResult> {
    const server = await jobs?.detect(context.signal);
    return server ? await jobs!.run(server, round, context) : await makeImages(api, round, context);
  }

  return {
    name: 'openai',
    capabilities: (upstreamModel): Capabilities => ({
      maxInputImages: upstreamModelOf(upstreamModel).maxInputImages,
      inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
      seed: jobs?.found ? 'best-effort' : 'none',
      reportsProgress: false,
      tellsCost: hasPrices(upstreamModel),
    }),
    generate,
    async resume(reference, round, context) {
      const server = await jobs?.detect(context.signal);
      return server ? await jobs!.resume(server, reference, round, context) : await generate(round, context);
    },
    health: (signal) => lookAtServer(api, jobs, signal),
  };
}

/** There is nothing to find out about it. */
const isOpenAi = (baseUrl: string): boolean => /(^|\.)openai\.com$/.test(new URL(baseUrl).hostname);
