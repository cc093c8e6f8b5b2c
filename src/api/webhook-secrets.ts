/** GET /v1/webhooks/{id}/secret and POST /v1/webhooks/{id}/rotate: what receivers verify signatures with. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { errors } from '../errors.ts';
import { SealedElsewhere } from '../lib/secret-box.ts';
import {
  readSecrets,
  revealSecret,
  rotateSecret,
  type SecretOwner,
  type SecretRow,
} from '../webhooks/secrets.ts';
import type { ApiContext } from './context.ts';
import { secretSchema } from './webhook-schemas.ts';
import { findOwnWebhook } from './webhooks.ts';

/** Instead of an id: what signs for the URLs that submits name. */
const DEFAULT = 'default';
const A_DAY = 86_400;

const params = Type.Object({
  id: Type.String({ description: "A webhook's id, or `default` for the URLs that submits name." }),
});
const rotateBody = Type.Object(
  {
    overlap_seconds: Type.Integer({
      minimum: 0,
      maximum: 30 * A_DAY,
      default: A_DAY,
      description: 'For how long the secrets before go on to be signed with as well; 0 for one that leaked.',
    }),
  },
  { additionalProperties: false },
);
const config = { scope: 'admin' } as const;
const tags = ['Webhooks'];

export function webhookSecretsEndpoints(app: FastifyInstance, context: ApiContext): void {
  const { db, webhooks } = context;

  app.get<{ Params: { id: string } }>(
    '/v1/webhooks/:id/secret',
    {
      config,
      schema: {
        tags,
        operationId: 'getWebhookSecret',
        summary: 'What receivers verify signatures with',
        params,
        response: { 200: secretSchema },
      },
    },
    async (request, reply) =>
      show(context, reply, await readSecrets(db, webhooks.box, await ownerOf(context, request))),
  );

  app.post<{ Params: { id: string }; Body: { overlap_seconds: number } | undefined }>(
    '/v1/webhooks/:id/rotate',
    {
      config,
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Make a new secret; for a while deliveries are signed with both',
        params,
        body: Type.Union([rotateBody, Type.Null()]),
        response: { 200: secretSchema },
      },
    },
    async (request, reply) => {
      const owner = await ownerOf(context, request);
      const overlapSeconds = request.body?.overlap_seconds ?? A_DAY;
      return show(context, reply, await rotateSecret(db, webhooks.box, owner, overlapSeconds));
    },
  );
}

async function ownerOf(
  context: ApiContext,
  request: FastifyRequest<{ Params: { id: string } }>,
): Promise<SecretOwner> {
  const { accountId } = request.identity;
  if (request.params.id === DEFAULT) return { accountId, webhookId: null };
  return { accountId, webhookId: (await findOwnWebhook(context, request)).id };
}

function show({ webhooks }: ApiContext, reply: FastifyReply, secrets: SecretRow[]): Record<string, unknown> {
  const [current, previous] = secrets;
  reply.header('cache-control', 'no-store');
  try {
    return {
      secret: revealSecret(webhooks.box, current!),
      created_at: current!.created_at,
      previous_valid_until: previous?.expires_at ?? null,
    };
  } catch (error) {
    if (!(error instanceof SealedElsewhere)) throw error;
    throw errors.conflict(
      'This secret was encrypted with a key that the server no longer has. Make a new one: POST /v1/webhooks/{id}/rotate.',
    );
  }
}
