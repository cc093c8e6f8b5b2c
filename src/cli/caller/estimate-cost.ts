/** What a request would cost, where the server says it. */
import { APIError, type Estimate } from '../../client/index.ts';
import type { ModelCall } from './model-command.ts';
import { usd } from './usd.ts';

/** Servers that do not know the question answer as for a model that is not there. */
const UNKNOWN = [404, 405, 501];

/** Its input is checked as well. @throws as a submit would. */
export async function estimateCost({
  darkroom,
  modelId,
  model,
  input,
}: Pick<ModelCall<unknown>, 'darkroom' | 'modelId' | 'model' | 'input'>): Promise<Estimate | undefined> {
  // Who has no catalogue has no prices.
  if (!model) return undefined;
  try {
    return await darkroom.estimate(modelId, input);
  } catch (error) {
    if (error instanceof APIError && UNKNOWN.includes(error.status)) return undefined;
    throw error;
  }
}

/** `0.134 USD`; where that is not certain, how much more it can be and why. */
export function costInWords({ cost, max_cost, exact, note }: Estimate): string {
  if (exact && max_cost === cost) return usd(cost);
  const most = max_cost > cost ? `, at most ${usd(max_cost)}` : '';
  return `about ${usd(cost)}${most}${note ? ` (${note})` : ''}`;
}
