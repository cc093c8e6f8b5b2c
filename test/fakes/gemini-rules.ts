/** What Gemini refuses before it starts, as its clients and users have met it. */
import type { GeminiCall } from './gemini.ts';
import { type Answer, badArgument } from './gemini-answers.ts';
import { IMAGE_SIZES, RATIOS } from './gemini-pictures.ts';

const FIELDS = ['contents', 'safetySettings', 'tools', 'toolConfig', 'generationConfig', 'systemInstruction'];
const MIME_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif'];
const THRESHOLDS = ['BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE', 'BLOCK_ONLY_HIGH', 'BLOCK_NONE', 'OFF'];
const CATEGORIES = ['HARASSMENT', 'HATE_SPEECH', 'SEXUALLY_EXPLICIT', 'DANGEROUS_CONTENT'];
const MAX_REQUEST_BYTES = 20_971_520;
const LONG_RATIOS = /^(1:[48]|[48]:1)$/;

/** The refusal; undefined where the call is well. */
export function ruleBroken({ model, body, bytes }: GeminiCall): Answer | undefined {
  if (bytes > MAX_REQUEST_BYTES)
    return badArgument(`Request payload size exceeds the limit: ${MAX_REQUEST_BYTES} bytes.`);
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field));
  if (unknown)
    return badArgument(`Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.`);
  return inputsBroken(model, body) ?? configBroken(model, body) ?? safetyBroken(body);
}

function inputsBroken(model: string, { contents }: GeminiCall['body']): Answer | undefined {
  const parts = contents?.flatMap((content) => content.parts ?? []) ?? [];
  if (parts.length === 0) return badArgument('* GenerateContentRequest.contents: contents is not specified');
  const inline = parts.flatMap((part) => (part.inlineData ? [part.inlineData] : []));
  const most = model.startsWith('gemini-2.5') ? 3 : 14;
  if (inline.length > most) return badArgument(`Please use at most ${most} input images.`);
  const other = inline.find(({ mimeType }) => !MIME_TYPES.includes(mimeType));
  return other && badArgument(`Unsupported MIME type: ${other.mimeType}`);
}

function configBroken(model: string, { generationConfig }: GeminiCall['body']): Answer | undefined {
  const { candidateCount = 1, seed = 0, imageConfig = {} } = generationConfig ?? {};
  if (candidateCount > 1) return badArgument('Multiple candidates is not enabled for this model');
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 31)
    return badArgument(`Invalid value at 'generation_config.seed' (TYPE_INT32), ${seed}`);
  const { aspectRatio, imageSize } = imageConfig;
  const long = aspectRatio !== undefined && LONG_RATIOS.test(aspectRatio);
  if (aspectRatio !== undefined && (!RATIOS.includes(aspectRatio) || (long && !hasLongRatios(model))))
    return badArgument(`aspect_ratio must be one of ${RATIOS.join(', ')}`);
  if (imageSize !== undefined && !sizesOf(model).includes(imageSize))
    return badArgument(`Invalid image size: ${imageSize}`);
  return undefined;
}

const hasLongRatios = (model: string): boolean => /3\.1|2\.1/.test(model);

function sizesOf(model: string): readonly string[] {
  if (model.startsWith('gemini-2.5')) return [];
  if (model.includes('lite')) return ['1K'];
  return model.startsWith('gemini-3.1') ? IMAGE_SIZES : IMAGE_SIZES.filter((size) => size !== '512');
}

function safetyBroken({ safetySettings = [] }: GeminiCall['body']): Answer | undefined {
  const wrong = safetySettings.find(
    ({ category, threshold }) =>
      !CATEGORIES.some((name) => category === `HARM_CATEGORY_${name}`) || !THRESHOLDS.includes(threshold),
  );
  return wrong && badArgument(`Invalid value at 'safety_settings': ${JSON.stringify(wrong)}`);
}
