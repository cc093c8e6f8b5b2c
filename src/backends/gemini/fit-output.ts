/** Pictures of a size that the model does not have. */
import { inspectImage } from '../../files/image-input.ts';
import { resizeTo, UnreadableOutput } from '../../files/image-output.ts';
import { InputError } from '../../files/input-error.ts';
import { BackendError, type GeneratedMedia, type Resolution, type Round } from '../backend.ts';
import { type Size, sizeFor } from '../sizes.ts';
import { renderedResolution } from './request-body.ts';
import { upstreamModelOf } from './upstream-models.ts';

export interface FittedOutputs {
  outputs: GeneratedMedia[];
  adjustments: string[];
}

/** How far a picture's ratio may be from the asked one to be given its documented size rather than half its own. */
const CLOSE_ENOUGH = 0.03;
const SCALES: Readonly<Record<Resolution, number>> = { '0.5K': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/**
 * Scales down what was rendered larger than asked, and says so; smaller than asked is only said.
 * @throws {BackendError} `no_output` for what is no image; the signal's reason.
 */
export async function fitOutputs(
  outputs: GeneratedMedia[],
  round: Round,
  signal: AbortSignal,
): Promise<FittedOutputs> {
  const asked = round.resolution;
  const rendered = renderedResolution(upstreamModelOf(round.upstreamModel), asked);
  if (rendered === asked) return { outputs, adjustments: [] };
  if (SCALES[rendered] < SCALES[asked]) {
    return { outputs, adjustments: [`rendered at ${rendered}: this model has no ${asked}`] };
  }
  const scale = SCALES[asked] / SCALES[rendered];
  const scaled: GeneratedMedia[] = [];
  for (const output of outputs) scaled.push(await scaledDown(output, round, scale, signal));
  return {
    outputs: scaled,
    adjustments: [`rendered at ${rendered} and scaled down to ${asked}: this model has no ${asked}`],
  };
}

async function scaledDown(
  { bytes }: GeneratedMedia,
  round: Round,
  scale: number,
  signal: AbortSignal,
): Promise<GeneratedMedia> {
  try {
    const target = targetSize(await inspectImage(bytes, signal), round, scale);
    // In the asked format at once, so that a picture is written anew once and not twice.
    const small = await resizeTo(bytes, target.width, target.height, { format: round.outputFormat, signal });
    return { bytes: small.bytes, contentType: small.contentType };
  } catch (error) {
    if (!(error instanceof UnreadableOutput) && !(error instanceof InputError)) throw error;
    throw new BackendError('no_output', 'Gemini sent something that cannot be read as an image.', {
      cause: error,
    });
  }
}

/** The documented size of the asked ratio, where that is what came; otherwise that of the picture itself, scaled. */
function targetSize(came: Size, { aspectRatio, resolution }: Round, scale: number): Size {
  const scaled = {
    width: Math.max(1, Math.round(came.width * scale)),
    height: Math.max(1, Math.round(came.height * scale)),
  };
  if (aspectRatio === 'auto') return scaled;
  const documented = sizeFor(aspectRatio, resolution);
  const difference = (documented.width / documented.height) * (came.height / came.width);
  return Math.abs(Math.log(difference)) < CLOSE_ENOUGH ? documented : scaled;
}
