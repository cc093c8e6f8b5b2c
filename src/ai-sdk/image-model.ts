/** A model of Darkroom as the AI SDK's image model. */
import type { ImageModelV4, ImageModelV4Result } from '@ai-sdk/provider';
import type { Connection } from './connection.ts';
import { describeOutputs, describeRequest, resultWarnings, sizeWarnings } from './describe-result.ts';
import { fileFields, imageFields, modelFields, mostImages } from './fields.ts';
import type { DarkroomImageSettings } from './options.ts';
import { ownOptions, runModel } from './run.ts';

export function createImageModel(
  connection: Connection,
  modelId: string,
  { maxImagesPerCall, onUpdate }: DarkroomImageSettings,
): ImageModelV4 {
  /** Whether the model has such a field; undefined while that cannot be found out. */
  const has = async (field: 'images' | 'mask'): Promise<boolean | undefined> =>
    connection.schemaOf(modelId).then(
      ({ properties }) => imageFields(properties)[field] !== undefined,
      () => undefined,
    );
  return {
    specificationVersion: 'v4',
    provider: 'darkroom',
    modelId,
    maxImagesPerCall: maxImagesPerCall ?? (async () => mostImages(await connection.schemaOf(modelId))),
    get supportsFileInputs() {
      return has('images');
    },
    get supportsMaskInputs() {
      return has('mask');
    },

    async doGenerate(call): Promise<ImageModelV4Result> {
      const { n, prompt, seed, aspectRatio, files = [], mask } = call;
      const schema = await connection.schemaOf(modelId);
      const { own, ...options } = ownOptions(call);
      const fields = modelFields(schema, own);
      fields.set('prompt', 'prompt', prompt);
      if (n > 1 || schema.properties.num_images) fields.set('n', 'num_images', n);
      fields.set('seed', 'seed', seed);
      fields.setRatio(aspectRatio);
      const size = fields.setSize('size', call.size);
      const { result, bytes, response } = await runModel(connection, {
        modelId,
        fields,
        files: mask ? [...files, mask] : files,
        filesAt: fileFields(schema, files.length, mask !== undefined),
        options,
        signal: call.abortSignal,
        onUpdate,
      });
      return {
        images: bytes,
        // It is what there is, and asking again would be another request.
        isRetryable: false,
        warnings: [
          ...fields.warnings,
          ...sizeWarnings('size', size, fields.values, result),
          ...resultWarnings(result),
        ],
        // The AI SDK shows what is in `images` with each image, and the rest with the call it came from.
        providerMetadata: { darkroom: { ...describeRequest(result), images: describeOutputs(result) } },
        response,
      };
    },
  };
}
