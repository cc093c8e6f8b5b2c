import type { Model } from '../../../client/index.ts';
import { pictureOf } from './pictures.ts';

const [WIDTH, HEIGHT] = [640, 400];

/** What a model makes, or where there is no picture of that, a pattern of its own that is always the same. */
export function ModelPicture({ model, eager }: { model: Model; eager: boolean }) {
  const url = pictureOf(model.model_id);
  return (
    <div className="aspect-[16/10] overflow-hidden bg-sunken">
      {url ? (
        <img
          src={url}
          alt=""
          width={WIDTH}
          height={HEIGHT}
          loading={eager ? 'eager' : 'lazy'}
          decoding="async"
          className="size-full object-cover transition-transform duration-300 ease-out group-hover:scale-[1.03]"
        />
      ) : (
        <Drawn seed={hash(model.model_id)} />
      )}
    </div>
  );
}

/** Hills under a sun, in colours of the seed's. */
function Drawn({ seed }: { seed: number }) {
  const hue = seed % 360;
  const at = (shift: number, range: number): number => (seed >>> shift) % range;
  const hill = (y: number, shift: number): string =>
    `M0 ${y} C ${80 + at(shift, 60)} ${y - 30 - at(shift + 3, 50)}, ${200 + at(shift + 5, 60)} ${y + 40}, 320 ${y - 20 + at(shift + 7, 40)} V200 H0Z`;
  return (
    <svg aria-hidden viewBox="0 0 320 200" preserveAspectRatio="xMidYMid slice" className="size-full">
      <rect width="320" height="200" fill={`oklch(0.86 0.06 ${hue})`} />
      <circle
        cx={60 + at(2, 200)}
        cy={50 + at(4, 40)}
        r={18 + at(6, 16)}
        fill={`oklch(0.95 0.07 ${hue + 60})`}
      />
      <path d={hill(130, 1)} fill={`oklch(0.7 0.09 ${hue + 20})`} />
      <path d={hill(155, 5)} fill={`oklch(0.55 0.1 ${hue + 35})`} />
      <path d={hill(180, 9)} fill={`oklch(0.38 0.08 ${hue + 50})`} />
    </svg>
  );
}

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ character.codePointAt(0)!, 16777619) >>> 0;
  return value;
}
