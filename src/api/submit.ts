/** POST /v1/models/{model_id}: takes a request in and says where to find it; `…/estimate` says what it would cost. */
import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Model } from '../catalog/model.ts';
import { estimate } from '../catalog/price.ts';
import { ApiError, errors } from '../errors.ts';
import { drawSeed } from '../requests/seeds.ts';
import type { Submission } from '../requests/submission.ts';
import { baseUrlOf, ownBaseUrls } from './base-url.ts';
import type { Call, CallAnswer } from './call.ts';
import type { ApiContext } from './context.ts';
import { ESTIMATE, estimateAnswer } from './estimate.ts';
import { dropInputFiles, takeInputFiles } from './input-files.ts';
import { JSON_TYPE } from './json-body.ts';
import { findModel, readInput } from './read-input.ts';
import { readWebhook } from './read-webhook.ts';
import { requestUrlsText } from './urls.ts';

const MAX_KEY_CHARACTERS = 255;

export const SUBMIT_ROUTE = '/v1/models/*';

export function submitEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.post<{ Params: { '*': string } }>(
    SUBMIT_ROUTE,
    {
      config: { scope: 'generate', beginsTrace: (path) => !path.endsWith(ESTIMATE) },
      schema: { hide: true },
    },
    async (request, reply) => {
      const path = request.params['*'];
      // Ids have slashes, so that no route can have something after them.
      if (path.endsWith(ESTIMATE)) return estimateAnswer(context, request, path.slice(0, -ESTIMATE.length));
      const { headers, body } = await submitAnswer(context, request, path);
      reply.headers(headers);
      return body;
    },
  );
}

/** Takes a request in. @throws why it is refused. */
export async function submitAnswer(context: ApiContext, call: Call, modelId: string): Promise<CallAnswer> {
  const submission = await readSubmission(context, call, modelId);
  const { requestId, replayed } = await context.submit(submission).catch(async (error) => {
    // Of any other error nobody knows whether the request is there and needs its files.
    if (error instanceof ApiError) await dropInputFiles(context, submission.fileIds);
    throw error;
  });
  if (replayed) await dropInputFiles(context, submission.fileIds);
  call.span?.set({ 'darkroom.request_id': requestId, 'darkroom.replayed': replayed });
  return {
    code: 200,
    headers: { 'content-type': JSON_TYPE, ...(replayed && { 'idempotency-replayed': 'true' }) },
    body: `{"request_id":"${requestId}",${requestUrlsText(baseUrlOf(context.config, call), requestId)}}`,
  };
}

/** @throws what is wrong with it, before anything is stored. */
export async function readSubmission(
  context: Pick<ApiContext, 'catalog' | 'backends' | 'config' | 'db' | 'store' | 'webhooks'>,
  call: Call,
  modelId: string,
): Promise<Submission> {
  const model = findModel(context.catalog, modelId);
  call.span?.set({ 'darkroom.model': model.id });
  const { webhook, violations } = readWebhook(context, call);
  const { input, warnings } = readInput(call, model, violations);
  const choice = context.backends.candidates(model)[0];
  if (!choice)
    throw errors.unavailable(
      `No backend is configured that can run ${model.id}. Whoever runs this server has to set ${context.backends.settingsFor(model).join(' or ')}.`,
      60,
    );
  const asked = webhook && { url: webhook.url, intermediate: webhook.intermediate };
  const idempotency = readIdempotency(call, model, { input, warnings, webhook: asked });
  const { outputs, maxMicroUsd } = estimate(model, input);
  const { input: stored, fileIds } = await takeInputFiles(context, call.identity.accountId, input, () =>
    ownBaseUrls(context.config, call),
  );
  return {
    identity: call.identity,
    modelId: model.id,
    pool: choice.pool,
    input: stored,
    warnings,
    syncMode: input.sync_mode === true,
    seed: (input.seed as number | undefined) ?? drawSeed(),
    rounds: outputs,
    reserve: maxMicroUsd,
    fileIds,
    idempotency,
    webhook,
    span: call.span ?? undefined,
  };
}

/** Bodies are the same if they ask for the same: the order of their fields and given defaults make no difference. */
function readIdempotency({ headers }: Call, model: Model, asked: object): Submission['idempotency'] {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (
    typeof key !== 'string' ||
    key.length === 0 ||
    key.length > MAX_KEY_CHARACTERS ||
    !/^[\x20-\x7e]+$/.test(key)
  ) {
    throw errors.validation([
      {
        loc: ['header', 'Idempotency-Key'],
        msg: `must be 1 to ${MAX_KEY_CHARACTERS} visible ASCII characters`,
        type: 'idempotency_key',
      },
    ]);
  }
  return { key, fingerprint: hash('sha256', `${model.id}\n${JSON.stringify(asked)}`, 'buffer') };
}
