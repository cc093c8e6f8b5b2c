/** One prompt of a round: posts it, follows it to its end and fetches what it made. */
import type { Logger } from 'pino';
import { BackendError, type Round, type RoundContext, type RoundResult, WorkHandedOver } from '../backend.ts';
import { executionFailure, refusal } from './failures.ts';
import { fillGraph } from './fill-graph.ts';
import { createBell, follow } from './follow.ts';
import { call, jsonOf, type Server, Unreachable } from './http.ts';
import { cancelJob, filesOf, type Job, type LookOptions } from './jobs.ts';
import type { Pool } from './pool.ts';
import { createEventReader, watchEvents } from './progress.ts';
import type { PromptReference } from './reference.ts';
import type { Timings } from './timings.ts';
import { fetchMedia, uploadImage } from './transfer.ts';
import { type Graph, isRecord, type Workflow } from './workflow.ts';

/** The runner keeps no more of one round. */
const MAX_FILES = 4;

/** One round, with all that it takes to work on it. */
export interface Work {
  pool: Pool;
  timings: Timings;
  maxOutputBytes: number;
  workflow: Workflow;
  round: Round;
  context: RoundContext;
  look: LookOptions;
  log: Logger;
}

/** A prompt of ours at a server. */
export interface Prompt {
  server: Server;
  /** What the server calls it: as it was posted, but on servers that make up ids. */
  id: string;
  /** What it was posted as, and what our socket there is called. */
  clientId: string;
}

/** @throws {LeaseLost}, as the runner does. */
export const remember = ({ context, workflow }: Work, prompt: Prompt): Promise<void> =>
  context.saveRemoteReference({
    server: prompt.server.name,
    promptId: prompt.id,
    upstreamModel: workflow.upstreamModel,
  } satisfies PromptReference);

/**
 * Brings the prompt to the server with `begin`, follows it and fetches what it made.
 * @returns undefined when the server does not know the prompt.
 */
export async function finish(
  work: Work,
  prompt: Prompt,
  begin: () => Promise<unknown>,
): Promise<RoundResult | undefined> {
  const { context, timings, workflow, pool } = work;
  const bell = createBell();
  const read = createEventReader(() => prompt.id, workflow);
  const onMessage = (message: string): void => {
    const event = read(message);
    if (event?.fraction !== undefined) context.reportProgress(event.fraction);
    if (event?.ended) bell.ring();
  };
  // Until the answer to the post is here, the prompt may have an id that is not known yet.
  let early: string[] | undefined = [];
  using watch = watchEvents(prompt.server, {
    clientId: prompt.clientId,
    timeoutMs: timings.socketTimeoutMs,
    onMessage: (message) => void (early ? early.push(message) : onMessage(message)),
  });
  try {
    await watch.settled;
    await begin();
    early.forEach(onMessage);
    early = undefined;
    const job = await follow(prompt, { ...timings, ...work.look, bell });
    return job.state === 'unknown' ? undefined : await resultOf(work, prompt, job);
  } catch (error) {
    if (context.signal.aborted) {
      if (!(context.signal.reason instanceof WorkHandedOver)) await cancel(work, prompt);
      throw context.signal.reason;
    }
    if (!(error instanceof Unreachable)) throw error;
    pool.rest(prompt.server);
    throw new BackendError('unavailable', 'The ComfyUI server stopped answering.', { cause: error });
  }
}

/** Nobody waits for it any more. */
async function cancel({ log, timings }: Work, prompt: Prompt): Promise<void> {
  const signal = AbortSignal.timeout(timings.cancelTimeoutMs);
  try {
    await cancelJob(prompt.server, prompt.id, { signal, timeoutMs: timings.cancelTimeoutMs });
  } catch (error) {
    log.warn(
      { err: error, server: prompt.server.name, prompt: prompt.id },
      'a prompt could not be cancelled',
    );
  }
}

/** Posts the prompt. When no answer comes it may be there all the same: following it tells. */
export async function post(work: Work, prompt: Prompt): Promise<void> {
  const { round, workflow, timings, context, log } = work;
  const transfer = { signal: context.signal, timeoutMs: timings.transferTimeoutMs };
  const names: string[] = [];
  for (const image of round.images) names.push(await uploadImage(prompt.server, image, transfer));
  const graph = fill(workflow, round, names);
  // Before the post: whatever happens from here on, the prompt is found again.
  await remember(work, prompt);
  const answer = await call(prompt.server, 'POST', 'prompt', {
    ...work.look,
    json: { prompt: graph, client_id: prompt.clientId, prompt_id: prompt.clientId },
  }).catch((error: unknown) => {
    if (!(error instanceof Unreachable && error.mayHaveArrived)) throw error;
    log.warn({ err: error, server: prompt.server.name }, 'a prompt was posted and not answered');
    return undefined;
  });
  if (!answer) return;
  const body = jsonOf(answer);
  if (answer.status !== 200) {
    const refused = refusal(body, workflow);
    if (refused.kind === 'model_unavailable') work.pool.forget(prompt.server, workflow);
    throw refused;
  }
  if (!isRecord(body)) return;
  if (isRecord(body.node_errors) && Object.keys(body.node_errors).length > 0)
    log.warn({ nodes: Object.keys(body.node_errors) }, 'ComfyUI left out parts of a workflow');
  if (typeof body.prompt_id === 'string' && body.prompt_id !== prompt.id) {
    prompt.id = body.prompt_id;
    await remember(work, prompt);
  }
}

function fill(workflow: Workflow, round: Round, imageNames: string[]): Graph {
  try {
    return fillGraph(workflow, round, imageNames);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new BackendError('invalid_request', `This model has ${error.message}.`, { cause: error });
  }
}

/** What came of a prompt that is over. @throws {BackendError} when that is nothing; {Unreachable}. */
async function resultOf(work: Work, { server }: Prompt, job: Job): Promise<RoundResult> {
  if (job.state === 'failed') throw executionFailure(job.error);
  if (job.state === 'cancelled')
    throw new BackendError('cancelled', 'The work was interrupted on the server.');
  const { workflow, timings, maxOutputBytes, context } = work;
  const files = job.state === 'completed' ? filesOf(job.outputs, workflow.bindings.outputs) : [];
  const outputs: RoundResult['outputs'] = [];
  for (const file of files.slice(0, MAX_FILES)) {
    const media = await fetchMedia(server, file, {
      signal: context.signal,
      timeoutMs: timings.transferTimeoutMs,
      maxBytes: maxOutputBytes,
      patienceMs: timings.patienceMs,
    });
    if (media) outputs.push(media);
  }
  if (outputs.length > 0) return { outputs, adjustments: [] };
  throw new BackendError('no_output', 'The workflow ended without an image or a video.');
}
