/** Finds the prompt of a round where it already is; only when no server has it, it is posted. */
import { BackendError, type RemoteReference, type RoundResult } from '../backend.ts';
import { Unreachable } from './http.ts';
import { type Job, lookUp } from './jobs.ts';
import { type Answering, ableFor } from './pool.ts';
import { readReference } from './reference.ts';
import { finish, type Prompt, post, remember, type Work } from './run-prompt.ts';
import type { Workflow } from './workflow.ts';

/** Goes on where an earlier run stopped, if its prompt is still there. */
export async function takeUp(
  work: Work,
  reference: RemoteReference,
  workflows: ReadonlyMap<string, Workflow>,
): Promise<RoundResult> {
  const earlier = readReference(reference);
  const server = earlier && work.pool.find(earlier.server);
  const workflow = earlier && workflows.get(earlier.upstreamModel);
  if (server && workflow) {
    const prompt = { server, id: earlier.promptId, clientId: work.round.id };
    const result = await finish({ ...work, workflow }, prompt, async () => {});
    if (result) return result;
  }
  return findOrPost(work);
}

/**
 * The result of this round's prompt, wherever it is. Its id is the round's: servers execute what they are posted as
 * often as they are posted it, so they are asked first.
 */
export async function findOrPost(work: Work): Promise<RoundResult> {
  const { pool, workflow, round, look, log } = work;
  const looks = await Promise.all((await pool.answering(look)).map((one) => lookOrRest(work, one)));
  const answering = looks.filter((one) => one !== undefined);
  const there = answering.find(({ job }) => job.state !== 'unknown');
  if (there) {
    const id = 'id' in there.job ? there.job.id : round.id;
    const prompt = { server: there.server, id, clientId: round.id };
    await remember(work, prompt);
    return orLost(await finish(work, prompt, async () => {}));
  }
  if (answering.length === 0) throw new BackendError('unavailable', 'No ComfyUI server answers.');
  const able = await ableFor(pool, answering, workflow, look, (server, missing) =>
    log.error(
      { server: server.name, model: workflow.upstreamModel, missing },
      'a ComfyUI server lacks what a model needs',
    ),
  );
  using taken = pool.take(able);
  const prompt: Prompt = { server: taken.server, id: round.id, clientId: round.id };
  return orLost(await finish(work, prompt, () => post(work, prompt)));
}

function orLost(result: RoundResult | undefined): RoundResult {
  if (result) return result;
  throw new BackendError('unavailable', 'The server lost the work before it was done.');
}

/** The round's job there; undefined when the server stopped answering this moment. */
async function lookOrRest(
  { pool, round, look }: Work,
  answering: Answering,
): Promise<(Answering & { job: Job }) | undefined> {
  try {
    return { ...answering, job: await lookUp(answering.server, round.id, look) };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    pool.rest(answering.server);
    return undefined;
  }
}
