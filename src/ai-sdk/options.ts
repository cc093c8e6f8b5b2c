/** What can be said beside the AI SDK's own parameters. */
import type { InputOf, ModelId, Update } from '../client/index.ts';

/** Ids of the models that Darkroom brings, and any other. */
export type DarkroomModelId = ModelId;

export interface DarkroomVideoSettings {
  /** Told every change of a request: its place in the queue, its progress, each finished output. */
  onUpdate?: (update: Update) => void;
}

export interface DarkroomImageSettings extends DarkroomVideoSettings {
  /** Instead of what the model says: how many images one request may make. */
  maxImagesPerCall?: number;
}

/** How to call, rather than what to make. */
interface CallOptions {
  /**
   * Calls with the same key within 24 hours are one request, also from another process. Only for calls of one request: at most
   * `maxImagesPerCall` images. Without it, the retries of a call are one request all the same.
   */
  idempotencyKey?: string;
  /** Fields that the model does not know are an error instead of a warning. */
  strict?: boolean;
}

/** What the AI SDK has parameters for, or passes as files. */
type Standard = 'prompt' | 'image_urls' | 'num_images';

/**
 * `providerOptions.darkroom`: the fields of a model's input as its page names them. Where the AI SDK has a parameter for the same, the
 * field wins.
 *
 * `{ resolution: '2K' } satisfies DarkroomOptions<'google/nano-banana-2/edit'>`
 */
export type DarkroomOptions<M extends DarkroomModelId = string> = Omit<InputOf<M>, Standard> & CallOptions;
