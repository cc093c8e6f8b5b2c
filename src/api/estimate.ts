/** POST /v1/models/{model_id}/estimate: what an input would cost, before it is run. Nothing is stored or fetched. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { readBudgetLeft } from '../accounts/budget.ts';
import { toUsd } from '../lib/money.ts';
import { estimateRun } from '../requests/estimate.ts';
import type { ApiContext } from './context.ts';
import { checkInputData } from './input-files.ts';
import { findModel, readInput } from './read-input.ts';
import { warningSchema } from './schemas.ts';

/** What follows the model's id in the path. */
export const ESTIMATE = '/estimate';

export const estimateSchema = Type.Object(
  {
    model_id: Type.String(),
    cost: Type.Number({ description: 'What the result will show, when all outputs come.' }),
    max_cost: Type.Number({
      description:
        'What a submit reserves from the budgets: `cost`, or more where a round may give several outputs.',
    }),
    currency: Type.String({ enum: ['USD'] }),
    price_per_output: Type.Number(),
    outputs: Type.Integer({ description: 'How many are asked for.' }),
    exact: Type.Boolean({ description: 'Whether `cost` is certain; `note` says why not.' }),
    note: Type.Optional(Type.String()),
    within_budget: Type.Boolean({ description: 'Whether a submit would pass the budgets now.' }),
    budget_left: Type.Union([Type.Number(), Type.Null()], {
      description: 'USD this month, the less of what key and account have left; null without a budget.',
    }),
    available: Type.Boolean({ description: 'Whether a backend is configured that can run the model.' }),
    backend: Type.Union([Type.String(), Type.Null()], { description: 'The one that would run it now.' }),
    warnings: Type.Optional(Type.Array(warningSchema)),
  },
  { title: 'Estimate' },
);

/** @throws as a submit of the same body would, but for want of a budget, of room in the queue or of a backend. */
export async function estimateAnswer(
  { catalog, backends, db }: ApiContext,
  request: FastifyRequest,
  modelId: string,
): Promise<Record<string, unknown>> {
  const model = findModel(catalog, modelId);
  const read = readInput(request, model);
  await checkInputData(read.input);
  const choices = backends.candidates(model);
  const run = estimateRun(model, choices, read.input);
  const left = await readBudgetLeft(db, request.identity);
  const warnings = [...read.warnings, ...run.warnings];
  return {
    model_id: model.id,
    cost: toUsd(run.cost),
    max_cost: toUsd(run.maxCost),
    currency: 'USD',
    price_per_output: toUsd(run.pricePerOutput),
    outputs: run.outputs,
    exact: run.uncertainties.length === 0,
    ...(run.uncertainties.length > 0 && { note: run.uncertainties.join(' ') }),
    within_budget: left === null || run.maxCost <= left,
    budget_left: left === null ? null : toUsd(left),
    available: choices.length > 0,
    backend: run.backend ?? null,
    ...(warnings.length > 0 && { warnings }),
  };
}
