/** The HTTP server: what is the same for all endpoints, and the list of them. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { errors } from '../errors.ts';
import { logFields } from '../tracing/span.ts';
import { accountEndpoint } from './account.ts';
import { accountEventsEndpoint } from './account-events.ts';
import { accountsEndpoints } from './accounts.ts';
import { admitCall } from './admit-call.ts';
import { cancelEndpoint } from './cancel.ts';
import { answerClientError } from './client-error.ts';
import type { ApiContext } from './context.ts';
import { allowOrigins } from './cross-origin.ts';
import { deliveriesEndpoints } from './deliveries.ts';
import { answerDirectly } from './direct-calls.ts';
import { directUploadsEndpoints } from './direct-uploads.ts';
import { fileEndpoint } from './file.ts';
import { useJson } from './json-body.ts';
import { keysEndpoints } from './keys.ts';
import { linkPage } from './link-page.ts';
import { modelPages } from './model-pages.ts';
import { modelsEndpoints } from './models.ts';
import { openApi } from './openapi.ts';
import { operationsEndpoints } from './operations.ts';
import { referencePage } from './reference.ts';
import { renderError } from './render-error.ts';
import { requestEventsEndpoint } from './request-events.ts';
import { requestsEndpoints } from './requests.ts';
import { resultEndpoint } from './result.ts';
import { sessionEndpoints } from './session.ts';
import { statusEndpoint } from './status.ts';
import { submitEndpoint } from './submit.ts';
import { systemEndpoint } from './system.ts';
import { traceCalls } from './trace-calls.ts';
import { uploadsEndpoints } from './uploads.ts';
import { usageEndpoint } from './usage.ts';
import { useValidation } from './validation.ts';
import { webApp } from './web-app.ts';
import { webhookSecretsEndpoints } from './webhook-secrets.ts';
import { webhooksEndpoints } from './webhooks.ts';

/** 48 MB of images as base64 and some room. */
const BODY_LIMIT_BYTES = 64 * 2 ** 20;

/** For a whole request to arrive: 64 MiB at 2 Mbit/s. */
const REQUEST_TIMEOUT_MS = 300_000;
const HEADERS_TIMEOUT_MS = 30_000;
/** Without a byte in either direction; longer than an answer is ever held back. */
const IDLE_TIMEOUT_MS = 120_000;
/** How often the first two are looked at. */
const TIMEOUT_CHECK_MS = 1000;

/** A server with every endpoint, not listening yet. */
export async function createServer(context: ApiContext): Promise<FastifyInstance> {
  const server = bareServer(context);
  traceCalls(server, context);
  await openApi(server, context);
  await server.register(async (app) => {
    submitEndpoint(app, context);
    statusEndpoint(app, context);
    resultEndpoint(app, context);
    requestEventsEndpoint(app, context);
    cancelEndpoint(app, context);
    modelsEndpoints(app, context);
    requestsEndpoints(app, context);
    usageEndpoint(app, context);
    keysEndpoints(app, context);
    webhooksEndpoints(app, context);
    webhookSecretsEndpoints(app, context);
    deliveriesEndpoints(app, context);
    accountEventsEndpoint(app, context);
    accountEndpoint(app, context);
    sessionEndpoints(app, context);
    accountsEndpoints(app, context);
    systemEndpoint(app, context);
    linkPage(app);
    fileEndpoint(app, context);
    operationsEndpoints(app, context);
    await uploadsEndpoints(app, context);
    await directUploadsEndpoints(app, context);
    referencePage(app, context);
    await modelPages(app, context);
    await webApp(app, context);
  });
  answerDirectly(server, context);
  return server;
}

/** For a process that only runs requests: how it is, for whoever watches over it. */
export function createProbeServer(context: ApiContext): FastifyInstance {
  const server = bareServer(context);
  operationsEndpoints(server, context);
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
    trustProxy: context.config.trustedProxies.length > 0 && [...context.config.trustedProxies],
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
  allowOrigins(server, context.config.corsOrigins);
  server.setErrorHandler((error, request, reply) => renderError(error, request, reply));
  server.setNotFoundHandler((request, reply) =>
    renderError(
      errors.notFound(`There is nothing at ${request.method} ${request.url.split('?')[0]}.`),
      request,
      reply,
    ),
  );

  server.decorateRequest('identity', null as never);
  server.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.scope === undefined) return done();
    try {
      const admitted = admitCall(context, request, reply);
      if (!(admitted instanceof Promise)) return done();
      admitted.then(() => done(), done);
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onResponse', (request, reply, done) => {
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
          ...logFields(request.span?.context),
          method: request.method,
          // Without the query, where some put a key.
          path: request.url.split('?', 1)[0],
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime),
        },
        'answered',
      );
    done();
  });
  return server;
}
