/**
 * The fake of Gemini in a process of its own, which is never killed: it remembers every call, and draws the call's number into
 * the picture that it answers with. It is told how to answer by the prompt.
 */

import { type GeminiCall, images, overloaded, promptBlocked, startGeminiFake } from '../fakes/gemini.ts';
import { pictureSize } from '../fakes/gemini-pictures.ts';
import type { UpstreamCall } from './ledger.ts';
import { tokensOf } from './limits.ts';
import { readPrompt } from './load-plan.ts';
import { drawMark } from './marked-picture.ts';

/** What the process says to whoever forked it. */
export type UpstreamSays = { port: number } | { calls: UpstreamCall[] };

const calls: UpstreamCall[] = [];
const seen = new Map<string, number>();

const fake = await startGeminiFake();
fake.always(async (call) => {
  const prompt = readPrompt(textOf(call));
  const seed = call.body.generationConfig?.seed ?? -1;
  const key = `${prompt.token} ${seed}`;
  const before = seen.get(key) ?? 0;
  seen.set(key, before + 1);
  const record: UpstreamCall = {
    number: calls.length + 1,
    token: prompt.token,
    seed,
    worker: call.credential,
    inputs: call.body.contents?.[0]?.parts?.filter((part) => part.inlineData).length ?? 0,
    beganAtMs: Date.now(),
    endedAtMs: null,
    whole: false,
    answer: prompt.blocked ? 'blocked' : before < prompt.refusals ? 'refused' : 'picture',
  };
  calls.push(record);
  void call.closed?.then((whole) => {
    record.endedAtMs = Date.now();
    record.whole = whole;
  });
  if (record.answer === 'blocked') return promptBlocked('PROHIBITED_CONTENT')(call);
  if (record.answer === 'refused') return overloaded()(call);
  return { ...(await picture(call, record)), delayMs: prompt.delayMs };
});

const textOf = ({ body }: GeminiCall): string =>
  body.contents?.[0]?.parts?.map(({ text }) => text ?? '').join(' ') ?? '';

async function picture(call: GeminiCall, { number, inputs }: UpstreamCall) {
  const reply = await images({ format: 'jpeg', usage: tokensOf(inputs) })(call);
  const { aspectRatio, imageSize } = call.body.generationConfig?.imageConfig ?? {};
  const { width, height } = pictureSize(aspectRatio, imageSize);
  const data = (await drawMark(number, width, height)).toString('base64');
  const body = reply.body as { candidates: { content: { parts: { inlineData?: { data: string } }[] } }[] };
  for (const { inlineData } of body.candidates[0]!.content.parts) if (inlineData) inlineData.data = data;
  return reply;
}

const say = (message: UpstreamSays): unknown => process.send!(message);
process.on('message', () => say({ calls }));
process.on('disconnect', () => process.exit());
say({ port: Number(new URL(fake.url).port) });
