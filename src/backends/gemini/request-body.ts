/** A round as `generateContent` wants it. */
import { BackendError, type InputImage, type Resolution, type Round } from '../backend.ts';
import { type SafetySetting, safetySettings } from './safety.ts';
import { type UpstreamModel, upstreamModelOf } from './upstream-models.ts';

type Part = { text: string } | { inlineData: { mimeType: string; data: string } };

export interface RequestBody {
  contents: [{ role: 'user'; parts: Part[] }];
  safetySettings?: SafetySetting[];
  tools?: [{ googleSearch: Record<string, never> }];
  generationConfig: {
    responseModalities: ['TEXT', 'IMAGE'];
    /** int32; candidateCount is left out, since more than one is refused. */
    seed: number;
    imageConfig?: { aspectRatio?: string; imageSize?: string };
  };
}

const IMAGE_SIZES: Readonly<Record<Resolution, string>> = {
  '0.5K': '512',
  '1K': '1K',
  '2K': '2K',
  '4K': '4K',
};
const SMALLEST_FIRST: readonly Resolution[] = ['0.5K', '1K', '2K', '4K'];

/**
 * Refuses what this upstream model cannot do, before anything is spent.
 * @throws {BackendError} `invalid_request`, in words for the caller.
 */
export function checkRound({ upstreamModel, aspectRatio, images }: Round): void {
  const { aspectRatios, maxInputImages } = upstreamModelOf(upstreamModel);
  if (aspectRatio !== 'auto' && !aspectRatios.includes(aspectRatio)) {
    throw new BackendError(
      'invalid_request',
      `This model cannot make images of ${aspectRatio}; it can of ${aspectRatios.join(', ')}.`,
    );
  }
  if (images.length > maxInputImages) {
    throw new BackendError(
      'invalid_request',
      `This model takes at most ${maxInputImages} input images, and there are ${images.length}.`,
    );
  }
}

/** The size to render at: the one asked for, or the nearest the model has, preferring the larger. */
export function renderedResolution({ resolutions }: UpstreamModel, asked: Resolution): Resolution {
  const wanted = SMALLEST_FIRST.indexOf(asked);
  return (
    resolutions.find((resolution) => SMALLEST_FIRST.indexOf(resolution) >= wanted) ?? resolutions.at(-1)!
  );
}

/** @param images the round's inputs as they are to be sent */
export function requestBody(round: Round, images: readonly InputImage[]): RequestBody {
  const settings = safetySettings(round.parameters.safety_tolerance);
  const config = imageConfig(round);
  return {
    contents: [{ role: 'user', parts: [{ text: round.prompt }, ...images.map(inline)] }],
    ...(settings && { safetySettings: settings }),
    ...(round.parameters.enable_web_search === true && { tools: [{ googleSearch: {} }] }),
    generationConfig: {
      responseModalities: ['TEXT', 'IMAGE'],
      seed: round.seed,
      ...(config && { imageConfig: config }),
    },
  };
}

const inline = ({ bytes, contentType }: InputImage): Part => ({
  inlineData: { mimeType: contentType, data: bytes.toString('base64') },
});

function imageConfig(round: Round): RequestBody['generationConfig']['imageConfig'] {
  const model = upstreamModelOf(round.upstreamModel);
  const aspectRatio = round.aspectRatio === 'auto' ? undefined : round.aspectRatio;
  const imageSize =
    model.resolutions.length > 1 ? IMAGE_SIZES[renderedResolution(model, round.resolution)] : undefined;
  if (aspectRatio === undefined && imageSize === undefined) return undefined;
  return { ...(aspectRatio && { aspectRatio }), ...(imageSize && { imageSize }) };
}
