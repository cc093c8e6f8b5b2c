/** What OpenAI's image API takes, refuses and counts. */
import type { FakeCall } from './openai.ts';

export const MODELS = ['gpt-image-1-mini', 'gpt-image-1.5', 'gpt-image-2', 'gpt-image-2.5-flare'];

/** What the GPT models refuse, in the words the real service was recorded to use. */
export function checkFields({
  path,
  fields,
  files,
}: FakeCall): { status: number; body: unknown } | undefined {
  const known = ['model', 'prompt', 'n', 'size', 'quality', 'output_format', 'background'];
  const stranger = Object.keys(fields).find((name) => !known.includes(name));
  if (stranger) return invalid(stranger, 'unknown_parameter', `Unknown parameter: '${stranger}'.`);
  if (!MODELS.includes(fields.model))
    return {
      status: 404,
      body: apiError('model_not_found', `The model '${fields.model}' does not exist.`, 'model'),
    };
  if (typeof fields.prompt !== 'string' || fields.prompt === '')
    return invalid('prompt', 'missing_required_parameter', "Missing required parameter: 'prompt'.");
  if (/forbidden/.test(fields.prompt))
    return {
      status: 400,
      body: {
        error: {
          message:
            'Your request was rejected by the safety system. If you believe this is an error, include the request ID req_1. safety_violations=[violence].',
          type: 'image_generation_user_error',
          param: null,
          code: 'moderation_blocked',
        },
      },
    };
  if (!isSize(String(fields.size ?? 'auto'), fields.model))
    return invalid('size', 'invalid_value', `Invalid value: '${fields.size}'.`);
  if (path.endsWith('/edits') && (files.length === 0 || files.length > 16))
    return invalid('image', 'invalid_value', 'Expected 1 to 16 images.');
  if (files.some(({ field }) => field !== 'image' && field !== 'image[]'))
    return invalid('image', 'unknown_parameter', 'Unknown file.');
  return undefined;
}

function isSize(size: string, model: string): boolean {
  if (size === 'auto') return true;
  const [width = 0, height = 0] = size.split('x').map(Number);
  if (!/^gpt-image-2/.test(model)) return ['1024x1024', '1536x1024', '1024x1536'].includes(size);
  const ratio = Math.max(width, height) / Math.min(width, height);
  const pixels = width * height;
  return (
    width % 16 === 0 &&
    height % 16 === 0 &&
    Math.max(width, height) <= 3840 &&
    ratio <= 3 &&
    pixels >= 655_360 &&
    pixels <= 8_294_400
  );
}

export const apiError = (
  code: string | null,
  message: string,
  param: string | null = null,
  type?: string,
) => ({
  error: { message, type: type ?? 'invalid_request_error', param, code },
});

const invalid = (param: string, code: string, message: string) => ({
  status: 400,
  body: apiError(code, message, param),
});

/** The real one repeats some of the key. */
export const INVALID_KEY = apiError('invalid_api_key', 'Incorrect API key provided: sk-wrong***key.');
export const NO_SUCH_PATH = apiError(null, 'Invalid URL');

/** As OpenAI's own calculator for gpt-image-2 counts. */
export function tokensOf(width: number, height: number, quality: unknown): number {
  const factor = quality === 'low' ? 16 : quality === 'high' ? 96 : 48;
  const across = Math.round((factor * Math.min(width, height)) / Math.max(width, height));
  return Math.ceil((factor * across * (2_000_000 + width * height)) / 4_000_000);
}
