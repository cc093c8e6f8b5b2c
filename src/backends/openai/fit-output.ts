/** What came beside what was asked for: told in words, and scaled down where only larger sizes exist. */
import { readHeader } from '../../files/image-header.ts';
import { resizeTo, UnreadableOutput } from '../../files/image-output.ts';
import { BackendError, type GeneratedMedia, type Round } from '../backend.ts';
import type { Size } from '../sizes.ts';
import type { ChosenSize } from './choose-size.ts';

export interface FittedOutputs {
  outputs: GeneratedMedia[];
  adjustments: string[];
}

/** How far the ratios may be apart for a picture to be scaled rather than cut. */
const CLOSE_ENOUGH = 0.03;

/** Sizes are read from the bytes, since not every server does as it is told. @throws {BackendError}; the signal's reason. */
export async function fitOutputs(
  outputs: GeneratedMedia[],
  { wanted, sent }: ChosenSize,
  round: Round,
  signal: AbortSignal,
): Promise<FittedOutputs> {
  const came = await sizeOf(outputs[0]!.bytes);
  if (!wanted || !came || isSame(came, wanted)) return { outputs, adjustments: [] };
  const asAsked = sent !== 'auto' && isSame(came, sent);
  const reason = asAsked ? 'this model has no such size' : 'the image service chose so';
  if (!isLarger(came, wanted)) {
    return { outputs, adjustments: [`rendered at ${told(came)} instead of ${told(wanted)}: ${reason}`] };
  }
  const scaled: GeneratedMedia[] = [];
  for (const output of outputs) scaled.push(await scaledDown(output, wanted, round, signal));
  const adjustment = `rendered at ${told(came)} and scaled down to ${told(wanted)}: ${reason}`;
  return { outputs: scaled, adjustments: [adjustment] };
}

async function scaledDown(
  { bytes }: GeneratedMedia,
  { width, height }: Size,
  { outputFormat: format }: Round,
  signal: AbortSignal,
): Promise<GeneratedMedia> {
  try {
    // In the asked format at once, so that a picture is written anew once and not twice.
    const small = await resizeTo(bytes, width, height, { format, signal });
    return { bytes: small.bytes, contentType: small.contentType };
  } catch (error) {
    if (!(error instanceof UnreadableOutput)) throw error;
    const message = 'The image service sent something that cannot be read as an image.';
    throw new BackendError('no_output', message, { cause: error });
  }
}

/** Undefined for what is no image; the runner says so. */
async function sizeOf(bytes: Buffer): Promise<Size | undefined> {
  return await readHeader(bytes).catch(() => undefined);
}

function isLarger(came: Size, wanted: Size): boolean {
  const ratios = came.width / came.height / (wanted.width / wanted.height);
  return came.width > wanted.width && came.height > wanted.height && Math.abs(ratios - 1) <= CLOSE_ENOUGH;
}

const isSame = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;
const told = ({ width, height }: Size): string => `${width}×${height}`;
