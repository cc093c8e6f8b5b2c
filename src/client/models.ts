/** What is known about models when a program is written: their inputs and outputs by id. */
import type { CatalogueModels } from './catalogue.ts';
import type { Output } from './types.ts';

/**
 * Your own models, which `darkroom types` adds to this interface. They win over those of the same name that this client
 * was built with.
 */
// biome-ignore lint/suspicious/noEmptyInterface: there to be added to.
export interface CustomModels {}

export type KnownModels = Omit<CatalogueModels, keyof CustomModels> & CustomModels;

/** The ids and aliases that have types. */
export type KnownModelId = keyof KnownModels & string;
/** Any other is accepted as well, with loose types. */
export type ModelId = KnownModelId | (string & {});

export type LooseInput = Record<string, unknown>;

/** The input of a model; of one that is not known, any. */
export type InputOf<M extends string> = M extends KnownModelId
  ? KnownModels[M] extends { input: infer I }
    ? I
    : LooseInput
  : LooseInput;

/** What a completed request of the model has as its output. */
export type OutputOf<M extends string> = M extends KnownModelId
  ? KnownModels[M] extends { output: infer O }
    ? O
    : Output
  : Output;
