/** A model of the server that is called, with its schema. */
import { distance } from 'fastest-levenshtein';
import { APIError, type Model, NotFoundError } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { type Connection, clientOf } from './connection.ts';

export interface Found {
  /** Absent where the server has no catalogue. */
  model: Model | undefined;
  /** It has none, so it is another host of this API. */
  isForeign: boolean;
}

/** @throws when there is no such model, with the one that is called alike. */
export async function findModel(connection: Connection, modelId: string): Promise<Found> {
  // A server that is not there is to be told at once.
  const darkroom = clientOf(connection);
  try {
    return { model: await darkroom.models.get(modelId), isForeign: false };
  } catch (error) {
    if (!isUnknownPath(error)) throw error;
    const page = await darkroom.models.list({ limit: 100 }).page().catch(ifUnknownPath);
    if (!page) return { model: undefined, isForeign: true };
    const message = `There is no model ${modelId} at ${connection.baseUrl}.${suggestion(modelId, page.models)}`;
    throw new CommandError(message, EXIT.notFound, { cause: error });
  }
}

const isUnknownPath = (error: unknown): boolean =>
  error instanceof NotFoundError || (error instanceof APIError && error.status === 405);

function ifUnknownPath(error: unknown): undefined {
  if (!isUnknownPath(error)) throw error;
}

function suggestion(modelId: string, models: Model[]): string {
  const ids = models.flatMap(({ model_id, aliases = [] }) => [model_id, ...aliases]);
  const [nearest] = ids
    .map((id) => ({ id, far: distance(id, modelId) }))
    .sort((one, other) => one.far - other.far);
  const hint =
    nearest && nearest.far <= Math.max(3, modelId.length / 3) ? `\nDid you mean ${nearest.id}?` : '';
  return `${hint}\n\`darkroom models list\` shows what there is.`;
}
