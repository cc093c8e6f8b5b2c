/** The models that come with Darkroom, and an operator's own beside them. */
import { fileURLToPath } from 'node:url';
import { loadCatalog } from './load-catalog.ts';
import type { Catalog } from './model.ts';

const BUNDLED = fileURLToPath(new URL('../../models/', import.meta.url));

/** @throws {CatalogError} with every mistake of every file. */
export const loadModels = (ownDirectory: string | undefined): Promise<Catalog> =>
  loadCatalog(ownDirectory ? [BUNDLED, ownDirectory] : [BUNDLED]);
