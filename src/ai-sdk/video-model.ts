/** A model of Darkroom as the AI SDK's video model. */
import type {
  Experimental_VideoModelV4 as VideoModelV4,
  Experimental_VideoModelV4CallOptions as VideoModelV4CallOptions,
  Experimental_VideoModelV4Result as VideoModelV4Result,
} from '@ai-sdk/provider';
import type { Connection } from './connection.ts';
import { describeOutputs, describeRequest, resultWarnings, sizeWarnings } from './describe-result.ts';
import { fileFields, modelFields, unsupportedFiles } from './fields.ts';
import type { InputFile } from './files.ts';
import type { DarkroomVideoSettings } from './options.ts';
import { ownOptions, runModel } from './run.ts';

export function createVideoModel(
  connection: Connection,
  modelId: string,
  { onUpdate }: DarkroomVideoSettings,
): VideoModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'darkroom',
    modelId,
    // No model makes several in one request.
    maxVideosPerCall: 1,

    async doGenerate(call): Promise<VideoModelV4Result> {
      const { prompt, seed, aspectRatio, duration, fps, generateAudio } = call;
      const schema = await connection.schemaOf(modelId);
      const { own, ...options } = ownOptions(call);
      const fields = modelFields(schema, own);
      fields.set('prompt', 'prompt', prompt);
      fields.set('seed', 'seed', seed);
      fields.set('duration', 'duration', duration);
      fields.set('fps', 'fps', fps);
      fields.set('generateAudio', 'generate_audio', generateAudio);
      fields.setRatio(aspectRatio === 'adaptive' ? 'auto' : aspectRatio);
      const size = fields.setSize('resolution', call.resolution);
      const files = firstFrame(call);
      const { result, bytes, response } = await runModel(connection, {
        modelId,
        fields,
        files,
        filesAt: fileFields(schema, files.length, false),
        options,
        signal: call.abortSignal,
        onUpdate,
      });
      const described = describeOutputs(result);
      return {
        videos: bytes.map((data, index) => ({
          type: 'binary',
          data,
          mediaType: result.files?.[index]?.content_type ?? 'video/mp4',
        })),
        warnings: [
          ...fields.warnings,
          ...sizeWarnings('resolution', size, fields.values, result),
          ...resultWarnings(result),
        ],
        providerMetadata: { darkroom: { ...describeRequest(result), videos: described } },
        response,
      };
    },
  };
}

/** The picture that the video begins with. @throws {UnsupportedFunctionalityError} for those that play another part */
function firstFrame({
  image,
  frameImages = [],
  inputReferences = [],
}: VideoModelV4CallOptions): readonly InputFile[] {
  if (frameImages.some(({ frameType }) => frameType !== 'first_frame'))
    throw unsupportedFiles('a last frame', 'it begins with a picture, and ends by itself');
  if (inputReferences.length > 0) throw unsupportedFiles('references', 'it begins with a picture at most');
  return [...(image ? [image] : []), ...frameImages.map(({ image }) => image)];
}
