/** The local catalogue's models, as the API describes them in English. */
import { catalogueEntry } from '../catalog/catalogue-entry.ts';
import type { Catalog } from '../catalog/model.ts';
import type { DescribedModel } from './write-model-types.ts';

const OPTIONS = { available: true, baseUrl: 'http://localhost', includeSchema: true };

export const describedModels = (catalog: Catalog): DescribedModel[] =>
  catalog.models.map((model) => catalogueEntry(model, 'en', OPTIONS) as unknown as DescribedModel);
