/** The HTTP server: what is the same for all endpoints, and the list of them. */
import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { includesScope } from '../accounts/scopes.ts';
import { textProblem } from '../catalog/text-problem.ts';
import { errors } from '../errors.ts';
import { accountEndpoint } from './account.ts';
import { cancelEndpoint } from './cancel.ts';
import { answerClientError } from './client-error.ts';
import type { ApiContext } from './context.ts';
import { fileEndpoint } from './file.ts';
import { useJson } from './json-body.ts';
import { keysEndpoints } from './keys.ts';
import { modelsEndpoints } from './models.ts';
import { openApi } from './openapi.ts';
import { operationsEndpoints } from './operations.ts';
import { referencePage } from './reference.ts';
import { renderError } from './render-error.ts';
import { requestsEndpoints } from './requests.ts';
import { resultEndpoint } from './result.ts';
import { statusEndpoint } from './status.ts';
import { submitEndpoint } from './submit.ts';
import { uploadsEndpoints } from './uploads.ts';
import { usageEndpoint } from './usage.ts';

/** 48 MB of images as base64 and some room. */
const BODY_LIMIT_BYTES = 64 * 2 ** 20;

/** For a whole request to arrive: 64 MiB at 2 Mbit/s. */
const REQUEST_TIMEOUT_MS = 300_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** Without a byte in either direction; longer than an answer is ever held back. */
const IDLE_TIMEOUT_MS = 120_000;
/** How often the first two are looked at. */
const TIMEOUT_CHECK_MS = 1000;

const EXPOSED_HEADERS = [
  'X-Request-Id',
  'ETag',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Idempotency-Replayed',
  'Content-Disposition',
  'Content-Range',
  'WWW-Authenticate',
];

/** A server with every endpoint, not listening yet. */
export async function createServer(context: ApiContext): Promise<FastifyInstance> {
  const server = bareServer(context);
  await openApi(server, context);
  await server.register(async (app) => {
    submitEndpoint(app, context);
    statusEndpoint(app, context);
    resultEndpoint(app, context);
    cancelEndpoint(app, context);
    modelsEndpoints(app, context);
    requestsEndpoints(app, context);
    usageEndpoint(app, context);
    keysEndpoints(app, context);
    accountEndpoint(app, context);
    fileEndpoint(app, context);
    operationsEndpoints(app, context);
    await uploadsEndpoints(app, context);
    await referencePage(app, context);
  });
  return server;
}

/** Framework, validation, keys, limits and errors without any endpoint: also what measurements compare with. */
export function bareServer(
  context: Pick<ApiContext, 'config' | 'log' | 'authenticator' | 'rateLimit' | 'metrics'>,
): FastifyInstance {
  const server: FastifyInstance = Fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // One for every call would cost more than the few lines that are logged; those name the call themselves.
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    clientErrorHandler: answerClientError,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
    // Unknown fields called __proto__ are harmless to us, and looking for them costs a pass over every body.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    frameworkErrors: (error, request, reply) => renderError(error, request, reply),
  });
  useValidation(server);
  useJson(server);
  // Before all that may answer, so that a preflight has it too.
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.register(cors, {
    origin: context.config.corsOrigins.includes('*') ? '*' : [...context.config.corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 86_400,
    // OPTIONS without the headers of a preflight is answered as well, rather than refused in words of the plugin's.
    strictPreflight: false,
  });
  server.setErrorHandler((error, request, reply) => renderError(error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    renderError(
      errors.notFound(`There is nothing at ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  );

  server.decorateRequest('identity', null as never);
  server.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    request.identity = await context.authenticator.identify(request.headers.authorization);
    reply.headers(await context.rateLimit(request.identity));
    if (!includesScope(request.identity.scopes, scope)) {
      throw errors.permissionDenied(
        `This API key may not do that: it needs the scope \`${scope}\` and has ${request.identity.scopes.map((held) => `\`${held}\``).join(', ') || 'none'}.`,
      );
    }
  });
  server.addHook('onResponse', async (request, reply) => {
    context.metrics.http(
      request.method,
      request.routeOptions.url ?? 'unknown',
      reply.statusCode,
      reply.elapsedTime / 1000,
    );
    if (context.log.isLevelEnabled('debug'))
      context.log.debug(
        {
          request_id: request.id,
          method: request.method,
          // Without the query, where some put a key.
          path: request.url.split('?', 1)[0],
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime),
        },
        'answered',
      );
  });
  return server;
}

/** Bodies are taken as they are; what comes in a URL is text, and read as the type it is meant to be. */
function useValidation(server: FastifyInstance): void {
  const strict = validator({ coerceTypes: false });
  const reading = validator({ coerceTypes: true });
  server.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? strict : reading).compile(schema as object),
  );
  // Answers are small and built by hand: the schemas describe them, and must not drop anything.
  server.setSerializerCompiler(() => JSON.stringify);
}

function validator(options: { coerceTypes: boolean }): Ajv {
  const ajv = addFormats.default(new Ajv({ allErrors: true, strict: false, useDefaults: true, ...options }));
  // What the database cannot store, and a terminal should not be shown.
  return ajv.addFormat('text', (value: string) => textProblem(value) === undefined);
}
