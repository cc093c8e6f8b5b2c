/** A backend that needs nothing: it draws, edits and fails on demand, and the same round always gives the same bytes. */
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Backend,
  BackendError,
  type BackendErrorKind,
  type Capabilities,
  type GeneratedMedia,
  type Round,
  type RoundContext,
  type RoundResult,
} from '../backend.ts';
import { nearestRatio, type Size, sizeFor } from '../sizes.ts';
import { type Caption, captionRoom, captionWords } from './caption.ts';
import { knowsEdit, renderEdit } from './edit.ts';
import { readEdits } from './edit-words.ts';
import { type Markers, readMarkers } from './markers.ts';
import { renderScene } from './render.ts';

export interface SandboxOptions {
  /** How long a round takes before its picture is drawn. */
  delayMs: number;
  /** Bounds how many pictures are worked at once; lets go when the signal aborts. Without it, none is held back. */
  runImageWork?: RunImageWork;
}

type RunImageWork = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

const CAPABILITIES: Capabilities = {
  maxInputImages: 20,
  inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
  seed: 'exact',
  reportsProgress: true,
};

const PROGRESS_STEPS = 10;
const RETRY_AFTER_MS = 200;

/** The built-in backend. Every outcome can be had by `[[sandbox:…]]` in the prompt: see docs/backends/sandbox.md. */
export function createSandboxBackend({ delayMs, runImageWork = unlessAborted }: SandboxOptions): Backend {
  return {
    name: 'sandbox',
    capabilities: () => CAPABILITIES,
    async generate(round, context) {
      try {
        return await generate(round, context, delayMs, runImageWork);
      } catch (error) {
        if (context.signal.aborted)
          throw new BackendError('cancelled', 'The sandbox was told to stop.', { cause: error });
        throw error;
      }
    },
  };
}

async function generate(
  round: Round,
  context: RoundContext,
  usualDelayMs: number,
  runImageWork: RunImageWork,
): Promise<RoundResult> {
  const { signal } = context;
  signal.throwIfAborted();
  const markers = readMarkers(round.prompt);
  failIfAsked(markers, round, AT_THE_DOOR);
  if (markers.hang) await untilAborted(signal);
  await passTime(markers.slowMs ?? usualDelayMs, context);
  failIfAsked(markers, round, AFTER_THE_WORK);
  if (markers.rounds !== undefined && round.index >= markers.rounds) throw failure('content_blocked');

  const outputs: GeneratedMedia[] = [];
  for (let output = 0; output < markers.images; output++) {
    const bytes = await runImageWork(() => picture(round, markers.prompt, output), signal);
    outputs.push({ bytes, contentType: `image/${round.outputFormat}` });
  }
  context.reportProgress(1);
  return { outputs, adjustments: adjustments(round, markers) };
}

/** What a real service refuses before it starts, and what it finds out only at the end. */
const AT_THE_DOOR: readonly BackendErrorKind[] = [
  'auth',
  'invalid_request',
  'model_unavailable',
  'rate_limited',
  'unavailable',
];
const AFTER_THE_WORK: readonly BackendErrorKind[] = ['content_blocked', 'no_output', 'timeout'];

function failIfAsked({ failures }: Markers, { attempt }: Round, kinds: readonly BackendErrorKind[]): void {
  const due = failures.find(({ kind, tries }) => kinds.includes(kind) && attempt < tries);
  if (due) throw failure(due.kind);
}

const MESSAGES: Readonly<Record<BackendErrorKind, string>> = {
  content_blocked: 'The sandbox refused the content, as the prompt asked it to.',
  no_output: 'The sandbox gave no image, as the prompt asked it to.',
  invalid_request: 'The sandbox rejected the request, as the prompt asked it to.',
  auth: 'The sandbox refused the credentials, as the prompt asked it to.',
  model_unavailable: 'The sandbox does not have the model, as the prompt asked it to.',
  rate_limited: 'The sandbox is over its rate limit, as the prompt asked it to be.',
  unavailable: 'The sandbox is unavailable, as the prompt asked it to be.',
  timeout: 'The sandbox took too long, as the prompt asked it to.',
  cancelled: 'The sandbox was told to stop.',
};

function failure(kind: BackendErrorKind): BackendError {
  return new BackendError(
    kind,
    MESSAGES[kind],
    kind === 'rate_limited' ? { retryAfterMs: RETRY_AFTER_MS } : {},
  );
}

async function passTime(delayMs: number, { signal, reportProgress }: RoundContext): Promise<void> {
  if (delayMs === 0) return;
  for (let step = 1; step <= PROGRESS_STEPS; step++) {
    await wait(delayMs / PROGRESS_STEPS, undefined, { signal });
    // The picture has still to be drawn: only that is the whole.
    reportProgress((step / PROGRESS_STEPS) * 0.95);
  }
}

/** Work that has begun cannot be stopped, but nobody has to wait for it. */
async function unlessAborted<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  // Keeps the process alive, as an open connection to a far side would.
  const open = setInterval(() => {}, 60_000);
  try {
    signal.throwIfAborted();
    return await promise;
  } finally {
    clearInterval(open);
  }
}

async function picture(round: Round, prompt: string, output: number): Promise<Buffer> {
  const editing = round.images.length > 0;
  const ratio = outputRatio(round, prompt);
  const size = sizeFor(ratio, round.resolution);
  const caption = captionOf(round, prompt, ratio, size);
  // Rounds differ by their seeds, not by their place: the seed shown with a picture gives that picture again.
  const key = `${round.modelId}\n${round.seed}\n${output}`;
  if (!editing) return await renderScene({ prompt, key }, size, caption, round.outputFormat);
  try {
    return await renderEdit({ prompt, key, images: round.images }, size, caption, round.outputFormat);
  } catch (error) {
    throw new BackendError('invalid_request', 'The sandbox could not read one of the input images.', {
      cause: error,
    });
  }
}

/** The ratio asked for; by `auto`, that of the first input. */
function outputRatio({ aspectRatio, images: [first] }: Round, prompt: string): string {
  if (aspectRatio !== 'auto') return aspectRatio;
  if (!first) return '1:1';
  const onItsSide = readEdits(prompt).turn % 180 === 90;
  return onItsSide ? nearestRatio(first.height, first.width) : nearestRatio(first.width, first.height);
}

function captionOf({ seed, resolution }: Round, prompt: string, ratio: string, size: Size): Caption {
  return {
    title: `DARKROOM SANDBOX \u00b7 seed ${seed} \u00b7 ${resolution} ${ratio}`,
    words: captionWords(prompt, captionRoom(size)),
  };
}

function adjustments(round: Round, { unknown, prompt }: Markers): string[] {
  const told = unknown.map((word) => `[[sandbox:${word}]] was not understood and left out`);
  const { length: count } = round.images;
  if (count > 1)
    told.push(`the sandbox laid the ${count} images side by side; it cannot merge what they show`);
  if (count > 0 && !knowsEdit(prompt)) {
    told.push('the sandbox knows no edit in this prompt; it changed the colours a little');
  }
  return told;
}
