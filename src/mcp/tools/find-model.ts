/** A model by its id, or a hint at what may have been meant. */
import { distance } from 'fastest-levenshtein';
import { type Darkroom, type Model, NotFoundError } from '../../client/index.ts';
import { ToolError } from '../tool-error.ts';

const MOST_NAMED = 3;

/** @throws {ToolError} when there is none of that id, naming those most like it. */
export async function findModel(darkroom: Darkroom, modelId: string): Promise<Model> {
  try {
    return await darkroom.models.get(modelId);
  } catch (error) {
    throw isUnknown(error) ? await unknownModel(darkroom, modelId) : error;
  }
}

/** Whether the model may be what is not known. An id that can be part of no path is none either. */
export const isUnknown = (error: unknown): boolean =>
  error instanceof NotFoundError || error instanceof TypeError;

/** Says which ids are most like it. */
async function unknownModel(darkroom: Darkroom, modelId: string): Promise<ToolError> {
  const { models } = await darkroom.models.list({ limit: 100 });
  const nearest = models
    .map(({ model_id }) => model_id)
    .sort((a, b) => distance(a, modelId) - distance(b, modelId))
    .slice(0, MOST_NAMED);
  return new ToolError(
    `There is no model ${JSON.stringify(modelId)}. Nearest are ${nearest.join(', ')}; list_models lists all.`,
  );
}
