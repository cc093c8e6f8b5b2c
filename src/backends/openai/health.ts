/** A look at the server that costs nothing: which models it lists. */
import { BackendError, type Health } from '../backend.ts';
import type { Answer } from './answer.ts';
import { type Api, succeeded } from './api.ts';
import { objectOf } from './refusal.ts';
import type { Jobs } from './stable-diffusion.ts';

const TIMEOUT_MS = 10_000;

/** @throws the signal's reason only. */
export async function lookAtServer(api: Api, jobs: Jobs | undefined, signal: AbortSignal): Promise<Health> {
  try {
    const sent = { method: 'GET', signal, timeoutMs: TIMEOUT_MS } as const;
    const answer = await api.ask(`${api.baseUrl}/models`, sent);
    if (!succeeded(answer)) return trouble(answer, api.baseUrl);
    const upstreamModels = namesOf(answer.body);
    const server = (await jobs?.detect(signal)) ? 'stable-diffusion.cpp' : 'An OpenAI-compatible server';
    const message = `${server} answers at ${api.baseUrl} and lists ${upstreamModels.length} models.`;
    return { reachable: true, message, upstreamModels };
  } catch (error) {
    signal.throwIfAborted();
    return { reachable: false, message: `Nothing answers at ${api.baseUrl}: ${reasonOf(error)}` };
  }
}

function trouble({ status }: Answer, baseUrl: string): Health {
  if (status === 401 || status === 403)
    return { reachable: false, message: `${baseUrl} refuses the key (${status}): check OPENAI_API_KEY.` };
  // Not every compatible server lists its models.
  if (status === 404) return { reachable: true, message: `${baseUrl} answers but lists no models (404).` };
  return { reachable: false, message: `${baseUrl} answers ${status}.` };
}

function namesOf(body: unknown): string[] {
  const { data } = objectOf(body);
  const names = Array.isArray(data) ? data.map((model) => objectOf(model).id) : [];
  return names.filter((name) => typeof name === 'string');
}

function reasonOf(error: unknown): string {
  const cause = error instanceof BackendError ? error.cause : error;
  return cause instanceof Error && cause.message !== ''
    ? cause.message
    : String((cause as { code?: unknown })?.code);
}
