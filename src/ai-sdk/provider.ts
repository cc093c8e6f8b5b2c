/** `createDarkroom()`: the provider. */
import {
  type ImageModelV4,
  NoSuchModelError,
  type ProviderV4,
  type Experimental_VideoModelV4 as VideoModelV4,
} from '@ai-sdk/provider';
import { connect, type DarkroomProviderSettings } from './connection.ts';
import { createImageModel } from './image-model.ts';
import type { DarkroomImageSettings, DarkroomModelId, DarkroomVideoSettings } from './options.ts';
import { createVideoModel } from './video-model.ts';

export interface DarkroomProvider extends ProviderV4 {
  image(modelId: DarkroomModelId, settings?: DarkroomImageSettings): ImageModelV4;
  imageModel(modelId: DarkroomModelId, settings?: DarkroomImageSettings): ImageModelV4;
  video(modelId: DarkroomModelId, settings?: DarkroomVideoSettings): VideoModelV4;
  videoModel(modelId: DarkroomModelId, settings?: DarkroomVideoSettings): VideoModelV4;
}

/** A provider of the models of one Darkroom, for `generateImage` and `experimental_generateVideo`. */
export function createDarkroom(settings: DarkroomProviderSettings = {}): DarkroomProvider {
  const connection = connect(settings);
  const image: DarkroomProvider['image'] = (modelId, imageSettings = {}) =>
    createImageModel(connection, modelId, imageSettings);
  const video: DarkroomProvider['video'] = (modelId, videoSettings = {}) =>
    createVideoModel(connection, modelId, videoSettings);
  return {
    specificationVersion: 'v4',
    image,
    imageModel: image,
    video,
    videoModel: video,
    languageModel: (modelId) => noSuchModel(modelId, 'languageModel'),
    embeddingModel: (modelId) => noSuchModel(modelId, 'embeddingModel'),
  };
}

/** The provider of the environment: `DARKROOM_API_KEY`, `DARKROOM_BASE_URL`. */
export const darkroom: DarkroomProvider = createDarkroom();

function noSuchModel(modelId: string, modelType: 'languageModel' | 'embeddingModel'): never {
  throw new NoSuchModelError({ modelId, modelType });
}
