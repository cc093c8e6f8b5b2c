/** POST /v1/models/{model_id}: takes a request in and says where to find it. */
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Model } from '../catalog/model.ts';
import { estimate } from '../catalog/price.ts';
import { unknownFieldViolations } from '../catalog/unknown-fields.ts';
import { validateInput } from '../catalog/validate-input.ts';
import { ApiError, errors } from '../errors.ts';
import { drawSeed } from '../requests/seeds.ts';
import type { Submission } from '../requests/submit.ts';
import { baseUrlOf, ownBaseUrls } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { dropInputFiles, takeInputFiles } from './input-files.ts';
import { requestUrls } from './urls.ts';

const MAX_KEY_CHARACTERS = 255;
/** The most a round may give where the caller does not limit it. */
const MAX_OUTPUTS_PER_ROUND = 4;

export function submitEndpoint(app: FastifyInstance, context: ApiContext): void {
  app.post<{ Params: { '*': string } }>(
    '/v1/models/*',
    { config: { scope: 'generate' }, schema: { hide: true } },
    async (request, reply) => {
      const submission = await readSubmission(context, request, request.params['*']);
      const { requestId, replayed } = await context.submit(submission).catch(async (error) => {
        // Of any other error nobody knows whether the request is there and needs its files.
        if (error instanceof ApiError) await dropInputFiles(context, submission.fileIds);
        throw error;
      });
      if (replayed) {
        await dropInputFiles(context, submission.fileIds);
        reply.header('idempotency-replayed', 'true');
      }
      return { request_id: requestId, ...requestUrls(baseUrlOf(context.config, request), requestId) };
    },
  );
}

/** @throws what is wrong with it, before anything is stored. */
export async function readSubmission(
  context: Pick<ApiContext, 'catalog' | 'backends' | 'config' | 'db' | 'store'>,
  request: FastifyRequest,
  modelId: string,
): Promise<Submission> {
  const model = context.catalog.find(modelId);
  if (!model)
    throw errors.notFound(
      `There is no model ${JSON.stringify(modelId.slice(0, 200))}. GET /v1/models lists what there is.`,
    );
  const { input, warnings } = readInput(request, model);
  const choice = context.backends.candidates(model)[0];
  if (!choice)
    throw errors.unavailable(
      `No backend is configured that can run ${model.id}. Whoever runs this server has to set ${context.backends.settingsFor(model).join(' or ')}.`,
      60,
    );
  const idempotency = readIdempotency(request, model, { input, warnings });
  const { outputs, microUsd } = estimate(model, input);
  const { input: stored, fileIds } = await takeInputFiles(
    context,
    request.identity.accountId,
    input,
    ownBaseUrls(context.config, request),
  );
  return {
    identity: request.identity,
    modelId: model.id,
    pool: choice.pool,
    input: stored,
    warnings,
    syncMode: input.sync_mode === true,
    seed: (input.seed as number | undefined) ?? drawSeed(),
    rounds: outputs,
    reserve: microUsd * (input.limit_generations === false ? MAX_OUTPUTS_PER_ROUND : 1),
    fileIds,
    idempotency,
  };
}

function readInput(request: FastifyRequest, model: Model) {
  if (request.body === undefined)
    throw errors.invalidResourceIdentifier(
      'The body is empty. Send the input as JSON, with `Content-Type: application/json`.',
    );
  const checked = validateInput(model, request.body);
  const unknown = /\bhandling\s*=\s*"?strict\b/i.test(String(request.headers.prefer ?? ''))
    ? unknownFieldViolations(checked.warnings)
    : [];
  if (!checked.ok || unknown.length > 0)
    throw errors.validation([...(checked.ok ? [] : checked.violations), ...unknown]);
  return checked;
}

/** Bodies are the same if they ask for the same: the order of their fields and given defaults make no difference. */
function readIdempotency(request: FastifyRequest, model: Model, asked: object): Submission['idempotency'] {
  const key = request.headers['idempotency-key'];
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
