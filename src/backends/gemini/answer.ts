/** What an answer with HTTP 200 holds: pictures, or why there are none. */
import { sniff } from '../../files/sniff.ts';
import { BackendError, type GeneratedMedia } from '../backend.ts';
import { countOf, type JsonObject, listOf, objectOf, textOf } from './json.ts';
import type { Usage } from './prices.ts';
import { blockedMessage, emptyMessage, isContentReason } from './refusals.ts';

export interface Pictures {
  outputs: GeneratedMedia[];
  description?: string;
  usage: Usage | undefined;
}

const MAX_DESCRIPTION_CHARACTERS = 10_000;
const MAX_SAID_CHARACTERS = 500;

/**
 * The final pictures and the text beside them. Drafts are left out, and so is `thoughtSignature`, which is megabytes.
 * @throws {BackendError} `content_blocked` or `no_output`.
 */
export async function readPictures(body: unknown): Promise<Pictures> {
  const answer = objectOf(body);
  const [candidate = {}] = listOf(answer.candidates);
  const parts = listOf(objectOf(candidate.content).parts).filter(({ thought }) => thought !== true);
  const outputs = await picturesOf(parts);
  const text = parts
    .map((part) => textOf(part.text) ?? '')
    .join('')
    .trim();
  if (outputs.length === 0) throw whyNothing(answer, candidate, text);
  return {
    outputs,
    ...(text && { description: text.slice(0, MAX_DESCRIPTION_CHARACTERS) }),
    usage: usageOf(answer.usageMetadata),
  };
}

/** By their bytes, whatever they are called: JPEG where PNG was promised is known. */
async function picturesOf(parts: readonly JsonObject[]): Promise<GeneratedMedia[]> {
  const outputs: GeneratedMedia[] = [];
  for (const { inlineData } of parts) {
    const { data } = objectOf(inlineData);
    const bytes = Buffer.from(textOf(data) ?? '', 'base64');
    const type = await sniff(bytes);
    if (type.kind === 'image') outputs.push({ bytes, contentType: type.contentType });
  }
  return outputs;
}

function whyNothing(answer: JsonObject, candidate: JsonObject, text: string): BackendError {
  const block = textOf(objectOf(answer.promptFeedback).blockReason);
  if (block !== undefined) return new BackendError('content_blocked', blockedMessage(block));
  const reason = textOf(candidate.finishReason) ?? 'NO_CANDIDATE';
  if (isContentReason(reason)) return new BackendError('content_blocked', blockedMessage(reason));
  const said = text.length <= MAX_SAID_CHARACTERS ? text : `${text.slice(0, MAX_SAID_CHARACTERS - 1)}…`;
  return new BackendError('no_output', emptyMessage(reason, said || undefined));
}

function usageOf(value: unknown): Usage | undefined {
  const usage = objectOf(value);
  if (Object.keys(usage).length === 0) return undefined;
  const images = listOf(usage.candidatesTokensDetails)
    .filter(({ modality }) => modality === 'IMAGE')
    .map(({ tokenCount }) => countOf(tokenCount) ?? 0);
  return {
    promptTokenCount: countOf(usage.promptTokenCount),
    toolUsePromptTokenCount: countOf(usage.toolUsePromptTokenCount),
    candidatesTokenCount: countOf(usage.candidatesTokenCount),
    thoughtsTokenCount: countOf(usage.thoughtsTokenCount),
    imageTokenCount: images.length > 0 ? images.reduce((sum, count) => sum + count, 0) : undefined,
  };
}
