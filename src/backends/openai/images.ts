/** One round through `/images/generations`, or `/images/edits` where there are input images. */
import {
  BackendError,
  type InputImage,
  type Round,
  type RoundContext,
  type RoundResult,
} from '../backend.ts';
import type { Api } from './api.ts';
import { chooseSize, sizeText } from './choose-size.ts';
import { fitOutputs } from './fit-output.ts';
import { costOf, readUsage } from './prices.ts';
import { readImages } from './read-images.ts';
import { objectOf } from './refusal.ts';
import { type UpstreamModel, upstreamModelOf } from './upstream-models.ts';

/** @throws {BackendError} */
export async function makeImages(api: Api, round: Round, context: RoundContext): Promise<RoundResult> {
  const model = upstreamModelOf(round.upstreamModel);
  checkInputs(round.images, model);
  const size = chooseSize(round, model);
  const chosen = chooseOptions(round, model);
  const fields: Record<string, string | number> = {
    model: round.upstreamModel,
    prompt: round.prompt,
    n: 1,
    size: size.sent === 'auto' ? 'auto' : sizeText(size.sent),
    ...chosen.options,
    ...(model.outputFormat && { output_format: round.outputFormat }),
    ...(model.responseFormat && { response_format: 'b64_json' }),
  };
  const answer = objectOf(await send(api, fields, round, model, context.signal));
  const came = await readImages(answer.data, api, context.signal);
  const { outputs, adjustments } = await fitOutputs(came, size, round, context.signal);
  const costUsd = costOf(round.upstreamModel, readUsage(answer.usage));
  const description = revisedPrompt(answer.data);
  return {
    outputs,
    ...(description !== undefined && { description }),
    ...(costUsd !== undefined && { costUsd }),
    adjustments: [...seedAdjustment(round), ...chosen.adjustments, ...adjustments],
  };
}

function checkInputs(images: readonly InputImage[], { maxInputImages }: UpstreamModel): void {
  if (images.length <= maxInputImages) return;
  const most = maxInputImages === 0 ? 'no input images' : `at most ${maxInputImages} input images`;
  throw new BackendError('invalid_request', `This model takes ${most}, and there are ${images.length}.`);
}

/** What is passed on as the caller wrote it, and what the upstream model would not take. */
function chooseOptions(
  { parameters }: Round,
  model: UpstreamModel,
): { options: Record<string, string>; adjustments: string[] } {
  const options: Record<string, string> = {};
  const adjustments: string[] = [];
  for (const name of ['quality', 'background']) {
    const value = parameters[name];
    if (typeof value !== 'string') continue;
    if (model.options[name]?.includes(value)) options[name] = value;
    // Left to the model is what it is anyway.
    else if (value !== 'auto') adjustments.push(`${name} ${value} was not used: this model does not take it`);
  }
  return { options, adjustments };
}

const seedAdjustment = ({ parameters }: Round): string[] =>
  typeof parameters.seed === 'number' ? ['the seed was not used: this image service takes none'] : [];

async function send(
  api: Api,
  fields: Record<string, string | number>,
  { images }: Round,
  model: UpstreamModel,
  signal: AbortSignal,
): Promise<unknown> {
  if (images.length === 0) {
    const body = JSON.stringify(fields);
    const sent = { method: 'POST', body, contentType: 'application/json', signal } as const;
    return await api.call(`${api.baseUrl}/images/generations`, sent);
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  // Servers that know one input image only call it `image`.
  const field = model.responseFormat && images.length === 1 ? 'image' : 'image[]';
  for (const [index, { bytes, contentType }] of images.entries()) {
    const name = `input-${index + 1}.${contentType.slice('image/'.length)}`;
    form.append(field, new Blob([new Uint8Array(bytes)], { type: contentType }), name);
  }
  return await api.call(`${api.baseUrl}/images/edits`, { method: 'POST', ...(await encoded(form)), signal });
}

/** Whole: not every server takes a body of unknown length, and the HTTP library was seen to stall on streaming one. */
async function encoded(form: FormData): Promise<{ body: Buffer; contentType: string }> {
  const body = new Response(form);
  return {
    body: Buffer.from(await body.arrayBuffer()),
    contentType: body.headers.get('content-type')!,
  };
}

/** What the prompt was made into, where the service tells. */
function revisedPrompt(data: unknown): string | undefined {
  const text = Array.isArray(data) ? objectOf(data[0]).revised_prompt : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
