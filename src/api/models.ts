/** GET /v1/models, /v1/models/categories and /v1/models/{model_id}: the catalogue. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { catalogueEntry } from '../catalog/catalogue-entry.ts';
import { chooseLanguage } from '../catalog/choose-language.ts';
import { type Language, MODEL_KINDS, type Model } from '../catalog/model.ts';
import { categories, searchModels } from '../catalog/search-models.ts';
import { errors } from '../errors.ts';
import { baseUrlOf } from './base-url.ts';
import type { ApiContext } from './context.ts';
import { modelSchema } from './schemas.ts';

const language = {
  lang: Type.Optional(Type.String({ description: 'en, zh-TW or it; otherwise Accept-Language decides.' })),
};
const listQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200 })),
  category: Type.Optional(Type.String({ maxLength: 200 })),
  kind: Type.Optional(Type.String({ enum: [...MODEL_KINDS] })),
  include_schema: Type.Optional(Type.Boolean({ default: false })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
  ...language,
});

interface ListQuerystring {
  search?: string;
  category?: string;
  kind?: Model['kind'];
  include_schema: boolean;
  limit: number;
  offset: number;
  lang?: string;
}

export function modelsEndpoints(app: FastifyInstance, context: ApiContext): void {
  const entry = (model: Model, inLanguage: Language, request: FastifyRequest, includeSchema: boolean) =>
    catalogueEntry(model, inLanguage, {
      available: context.backends.candidates(model).length > 0,
      baseUrl: baseUrlOf(context.config, request),
      includeSchema,
    });

  app.get<{ Querystring: ListQuerystring }>(
    '/v1/models',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Models'],
        operationId: 'listModels',
        summary: 'The catalogue',
        querystring: listQuery,
        response: {
          200: Type.Object({
            models: Type.Array(modelSchema),
            total: Type.Integer(),
            limit: Type.Integer(),
            offset: Type.Integer(),
          }),
        },
      },
    },
    async (request, reply) => {
      const { search, category, kind, include_schema, limit, offset } = request.query;
      const found = searchModels(context.catalog, {
        ...(search && { search }),
        ...(category && { category }),
        ...(kind && { kind }),
      });
      const inLanguage = chosenLanguage(request, reply);
      return {
        models: found
          .slice(offset, offset + limit)
          .map((model) => entry(model, inLanguage, request, include_schema)),
        total: found.length,
        limit,
        offset,
      };
    },
  );

  app.get(
    '/v1/models/categories',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['Models'],
        operationId: 'listCategories',
        summary: 'Categories of the catalogue',
        response: { 200: Type.Object({ categories: Type.Array(Type.String()) }) },
      },
    },
    async () => ({ categories: categories(context.catalog) }),
  );

  app.get<{ Params: { '*': string }; Querystring: { lang?: string } }>(
    '/v1/models/*',
    { config: { scope: 'read' }, schema: { hide: true, querystring: Type.Object(language) } },
    async (request, reply) => {
      const model = context.catalog.find(request.params['*']);
      if (!model)
        throw errors.notFound(
          `There is no model ${JSON.stringify(request.params['*'].slice(0, 200))}. GET /v1/models lists what there is.`,
        );
      return entry(model, chosenLanguage(request, reply), request, true);
    },
  );
}

function chosenLanguage(request: FastifyRequest, reply: FastifyReply): Language {
  const chosen = chooseLanguage(
    request.headers['accept-language'],
    (request.query as { lang?: string }).lang,
  );
  const vary = reply.getHeader('vary');
  reply
    .header('content-language', chosen)
    .header('vary', vary ? `${vary}, Accept-Language` : 'Accept-Language');
  return chosen;
}
