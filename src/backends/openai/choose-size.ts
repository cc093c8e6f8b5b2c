/** The size to ask for: the documented one of ratio and resolution, or the nearest that the upstream model has. */
import type { Round } from '../backend.ts';
import { nearestRatio, type Size, sizeFor } from '../sizes.ts';
import type { FreeSizes, UpstreamModel } from './upstream-models.ts';

export interface ChosenSize {
  /** What the caller asked for, in pixels; undefined where the model may choose. */
  wanted: Size | undefined;
  /** What to ask the upstream for. */
  sent: Size | 'auto';
}

/** `auto` is the model's choice where it can choose at the resolution asked for, else the first input's ratio or 1:1. */
export function chooseSize(
  round: Pick<Round, 'aspectRatio' | 'resolution' | 'images'>,
  { sizes, autoSize }: Pick<UpstreamModel, 'sizes' | 'autoSize'>,
): ChosenSize {
  const isAuto = round.aspectRatio === 'auto';
  // Left to itself, a model renders some 1K.
  if (isAuto && autoSize && round.resolution === '1K') return { wanted: undefined, sent: 'auto' };
  const ratio = isAuto ? ratioOfInput(round) : round.aspectRatio;
  const wanted = sizeFor(ratio, round.resolution);
  const sent = 'step' in sizes ? withinBounds(wanted, ratio, sizes) : nearestOf(wanted, sizes);
  return { wanted: isAuto ? undefined : wanted, sent };
}

const ratioOfInput = ({ images: [first] }: Pick<Round, 'images'>): string =>
  first ? nearestRatio(first.width, first.height) : '1:1';

/** As it is where it fits; otherwise as near in pixels as the bounds allow, at the ratio by name. */
function withinBounds(wanted: Size, ratio: string, bounds: FreeSizes): Size {
  if (fits(wanted, bounds)) return wanted;
  const [across = 1, down = 1] = ratio.split(':').map(Number);
  const shape = Math.min(bounds.maxRatio, Math.max(1 / bounds.maxRatio, across / down));
  const pixels = Math.min(bounds.maxPixels, Math.max(bounds.minPixels, wanted.width * wanted.height));
  // Up from the least, down from the most: one step of the grid could lead past a bound.
  const round = pixels === bounds.minPixels ? Math.ceil : Math.floor;
  const onGrid = (length: number) => {
    const steps = length / bounds.step;
    const whole = Math.abs(steps - Math.round(steps)) < 1e-9 ? Math.round(steps) : round(steps);
    return Math.max(1, whole) * bounds.step;
  };
  const longest = Math.min(bounds.maxEdge, Math.sqrt(pixels * Math.max(shape, 1 / shape)));
  const shortest = longest / Math.max(shape, 1 / shape);
  const short = onGrid(shortest);
  // On the grid the shorter side may have lost more than the longer one.
  const long = Math.min(onGrid(longest), onGrid(short * bounds.maxRatio));
  return shape >= 1 ? { width: long, height: short } : { width: short, height: long };
}

function fits(
  { width, height }: Size,
  { step, maxEdge, minPixels, maxPixels, maxRatio }: FreeSizes,
): boolean {
  const longest = Math.max(width, height);
  const pixels = width * height;
  return (
    width % step === 0 &&
    height % step === 0 &&
    longest <= maxEdge &&
    longest / Math.min(width, height) <= maxRatio &&
    pixels >= minPixels &&
    pixels <= maxPixels
  );
}

/** The closest ratio first, then the closest number of pixels. */
function nearestOf(wanted: Size, sizes: readonly Size[]): Size {
  const shape = ({ width, height }: Size) => Math.log(width / height);
  const area = ({ width, height }: Size) => Math.log(width * height);
  const distance = (size: Size) =>
    1000 * Math.abs(shape(size) - shape(wanted)) + Math.abs(area(size) - area(wanted));
  return sizes.reduce((best, size) => (distance(size) < distance(best) ? size : best));
}

export const sizeText = ({ width, height }: Size): string => `${width}x${height}`;
