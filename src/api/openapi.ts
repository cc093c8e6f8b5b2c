/** /openapi.json: every endpoint, and every model with its own input. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { localisedInputSchema, outputSchema } from '../catalog/localise.ts';
import type { Model } from '../catalog/model.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { SUBMIT_PARAMETERS, WEBHOOK_EVENT_SCHEMAS, WEBHOOKS } from './describe-webhooks.ts';
import { ESTIMATE, estimateSchema } from './estimate.ts';
import { requestEventSchema } from './event-schemas.ts';
import { errorSchema, modelSchema, submitSchema } from './schemas.ts';

interface Document {
  paths: Record<string, Record<string, Operation>>;
  webhooks?: object;
  components?: { schemas?: Record<string, unknown> };
  servers?: { url: string }[];
}
interface Operation {
  responses?: Record<string, unknown>;
  security?: unknown[];
  [key: string]: unknown;
}

const DESCRIPTION = `A self-hosted Model API. Submit a model's input and get a \`request_id\` with URLs for status, result and cancel; come back for the picture.

Send your API key with every call: \`Authorization: Bearer <key>\`. Errors have one shape, with every violation at once.`;

/** Collects the endpoints that are registered after it, and serves the description of them all. */
export async function openApi(server: FastifyInstance, context: ApiContext): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Darkroom',
        version: '1',
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'Run a model', description: 'One endpoint for each model, with its own input.' },
        { name: 'Requests' },
        { name: 'Prices', description: 'What a run of a model would cost, before it is run.' },
        { name: 'Models' },
        { name: 'Files' },
        { name: 'Account' },
        { name: 'Keys' },
        { name: 'Webhooks', description: 'Being told instead of asking.' },
        { name: 'Web app', description: 'Signing in and out, for browsers.' },
        { name: 'System', description: 'For the operator: admin keys of an operator account.' },
        { name: 'Operations' },
      ],
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-darkroom-{account}',
            description:
              'A browser that is signed in to the web app; works wherever a key does, from pages of this server. Changes need the header X-Darkroom-Account.',
          },
        },
      },
      security: [{ key: [] }, { session: [] }],
    },
  });
  let document: Document | undefined;
  server.get('/openapi.json', { schema: { hide: true } }, async (request, reply) => {
    document ??= complete(server.swagger() as unknown as Document, context);
    reply.header('cache-control', 'no-cache');
    return { ...document, servers: [{ url: baseUrlOf(context.config, request) }] };
  });
}

function complete(document: Document, { catalog }: ApiContext): Document {
  const paths: Document['paths'] = {};
  for (const model of catalog.models) {
    paths[`/v1/models/${model.id}`] = { post: submitOperation(model), get: describeOperation(model) };
    paths[`/v1/models/${model.id}${ESTIMATE}`] = { post: estimateOperation(model) };
  }
  Object.assign(paths, document.paths, { '/files/{id}/{name}': { get: FILE_OPERATION } });
  paths['/v1/files']!.post!.requestBody = UPLOAD_BODY;
  const schemas: Record<string, unknown> = {
    ...document.components?.schemas,
    Error: withoutId(errorSchema),
    Submitted: withoutId(submitSchema),
    Estimate: estimateSchema,
    RequestEvent: requestEventSchema,
    ...WEBHOOK_EVENT_SCHEMAS,
  };
  for (const model of catalog.models) {
    schemas[schemaName(model, 'Input')] = localisedInputSchema(model, 'en');
    schemas[schemaName(model, 'Output')] = (outputSchema('en') as { output: unknown }).output;
  }
  for (const operations of Object.values(paths))
    for (const operation of Object.values(operations)) addErrors(operation);
  return { ...document, paths, webhooks: WEBHOOKS, components: { ...document.components, schemas } };
}

const withoutId = (schema: object): unknown => {
  const { $id: _, ...rest } = schema as { $id?: string };
  return rest;
};

const schemaName = (model: Model, part: 'Input' | 'Output'): string =>
  `${model.id
    .split(/[/-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}${part}`;

const PREFER = {
  name: 'Prefer',
  in: 'header',
  required: false,
  schema: { type: 'string', examples: ['handling=strict'] },
  description: '`handling=strict` refuses unknown fields.',
};

const inputBody = (model: Model) => ({
  required: true,
  content: {
    'application/json': { schema: { $ref: `#/components/schemas/${schemaName(model, 'Input')}` } },
  },
});

function submitOperation(model: Model): Operation {
  return {
    tags: ['Run a model'],
    operationId: `submit_${model.id.replaceAll(/[^a-z0-9]+/gi, '_')}`,
    summary: model.displayName.en,
    description: `${model.description.en}\n\nThe result's \`output\` is a ${schemaName(model, 'Output')}.`,
    parameters: [
      ...SUBMIT_PARAMETERS,
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        schema: { type: 'string', minLength: 1, maxLength: 255 },
        description: 'The same key and body within 24 hours answers with the first request.',
      },
      PREFER,
    ],
    requestBody: inputBody(model),
    responses: {
      '200': {
        description: 'Taken in.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Submitted' } } },
      },
    },
  };
}

function estimateOperation(model: Model): Operation {
  return {
    tags: ['Prices'],
    operationId: `estimate_${model.id.replaceAll(/[^a-z0-9]+/gi, '_')}`,
    summary: `${model.displayName.en}: its price before the run`,
    description: 'Checks the input as a submit does and prices it. Nothing is run, stored or fetched.',
    parameters: [PREFER],
    requestBody: inputBody(model),
    responses: {
      '200': {
        description: 'What it would cost.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Estimate' } } },
      },
    },
  };
}

function describeOperation(model: Model): Operation {
  return {
    tags: ['Models'],
    operationId: `describe_${model.id.replaceAll(/[^a-z0-9]+/gi, '_')}`,
    summary: `${model.displayName.en}: its entry with schemas`,
    responses: {
      '200': { description: 'The entry.', content: { 'application/json': { schema: modelSchema } } },
    },
  };
}

/** Any bytes: their media type says what they are. */
const BYTES = { schema: {} };

const UPLOAD_BODY = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        required: ['file'],
        properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
      },
    },
    'image/*': BYTES,
    'video/*': BYTES,
    'application/octet-stream': BYTES,
  },
};

const FILE_OPERATION: Operation = {
  tags: ['Files'],
  operationId: 'getFile',
  summary: 'The bytes of an output or upload, for everybody who has its URL',
  security: [],
  parameters: [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
    {
      name: 'name',
      in: 'path',
      required: true,
      schema: { type: 'string' },
      description: 'Any: the id counts.',
    },
    { name: 'Range', in: 'header', required: false, schema: { type: 'string', examples: ['bytes=0-1023'] } },
    { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } },
  ],
  responses: {
    '200': { description: 'All of it.', content: { 'image/*': BYTES, 'video/*': BYTES } },
    '206': { description: 'The part in `Range`.', content: { 'image/*': BYTES, 'video/*': BYTES } },
    '304': { description: 'It is the one in `If-None-Match`.' },
    '416': { description: 'The range starts past its end.' },
  },
};

const DESCRIPTIONS: Record<string, string> = {
  '200': 'Done.',
  '201': 'Made.',
  '202': 'Decided.',
  '204': 'Gone.',
  '304': 'As it was: nothing has changed since the `ETag` in `If-None-Match`.',
  '503': 'Not ready; the body says why.',
};

const ERROR_RESPONSES: [status: string, description: string][] = [
  ['400', 'Malformed id, URL or JSON.'],
  ['401', 'The API key is missing, unknown, expired or revoked.'],
  ['402', 'The budget is spent.'],
  ['403', 'The API key lacks the scope.'],
  ['404', 'There is no such thing, or it is not yours.'],
  ['409', 'Not now: it is still being accepted, or still running.'],
  ['413', 'Too large.'],
  ['415', 'Not the right content type.'],
  ['422', 'Everything that is wrong with the input, at once.'],
  ['429', 'Too many calls, or the queue is full; see Retry-After.'],
  ['500', 'Our mistake.'],
  ['503', 'Not available; see Retry-After.'],
];

/** Which of them an endpoint can give is mostly all of them; a public one has none of the key's. */
function addErrors(operation: Operation): void {
  const isPublic = operation.security?.length === 0;
  const reads = operation.requestBody === undefined;
  const without = new Set([
    ...(isPublic ? ['401', '402', '403', '429'] : []),
    ...(reads ? ['402', '413', '415'] : []),
  ]);
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  const known = Object.fromEntries(
    Object.entries((operation.responses ?? {}) as Record<string, { description: string }>).map(
      ([status, { description, ...rest }]) => [
        status,
        {
          description:
            description === 'Default Response' ? (DESCRIPTIONS[status] ?? description) : description,
          ...rest,
        },
      ],
    ),
  );
  operation.responses = {
    ...Object.fromEntries(
      ERROR_RESPONSES.filter(([status]) => !without.has(status)).map(([status, description]) => [
        status,
        { description, content },
      ]),
    ),
    ...known,
  };
}
