import { ChevronsLeftRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

export interface CompareSliderProps {
  before: string;
  after: string;
  /** Width by height of what came out. */
  ratio: number;
}

/** Two pictures over each other, parted by a line that is dragged or moved by arrow keys: a slider underneath. */
export function CompareSlider({ before, after, ratio }: CompareSliderProps) {
  const { t } = useTranslation('playground');
  const [percent, setPercent] = useState(50);
  return (
    <div
      className="relative max-h-full w-full select-none overflow-hidden rounded-md bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-accent"
      style={{ aspectRatio: ratio, maxWidth: `calc((100dvh - 8rem) * ${ratio})` }}
    >
      <img
        src={after}
        alt={t('result.after')}
        draggable={false}
        className="absolute inset-0 size-full object-cover"
      />
      <img
        src={before}
        alt={t('result.before')}
        draggable={false}
        className="absolute inset-0 size-full object-cover"
        style={{ clipPath: `inset(0 ${100 - percent}% 0 0)` }}
      />
      <Label side="left-2">{t('result.before')}</Label>
      <Label side="right-2">{t('result.after')}</Label>
      <div
        aria-hidden
        className="pointer-events-none absolute inset-y-0 w-0.5 -translate-x-1/2 bg-white shadow-raised"
        style={{ left: `${percent}%` }}
      >
        <span className="absolute top-1/2 left-1/2 grid size-9 -translate-x-1/2 -translate-y-1/2 place-items-center rounded-full bg-white text-black shadow-raised">
          <ChevronsLeftRight className="size-4.5" />
        </span>
      </div>
      <input
        type="range"
        min={0}
        max={100}
        value={percent}
        aria-label={t('result.compare')}
        onChange={(event) => setPercent(Number(event.target.value))}
        className="absolute inset-0 size-full cursor-ew-resize touch-none opacity-0"
      />
    </div>
  );
}

function Label({ side, children }: { side: string; children: string }) {
  return (
    <span
      aria-hidden
      className={`pointer-events-none absolute top-2 ${side} rounded-sm bg-black/65 px-2 py-0.5 text-white text-xs`}
    >
      {children}
    </span>
  );
}
