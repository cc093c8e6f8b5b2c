import { Ban, CircleAlert, Hourglass, ImageOff, LoaderCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import type { HistoryEntry } from '../../../client/index.ts';
import { mediaOf } from './entry.ts';

const SIGNS: Record<HistoryEntry['status'], ReactNode> = {
  in_queue: <Hourglass />,
  in_progress: <LoaderCircle className="motion-safe:animate-spin" />,
  completed: <ImageOff />,
  failed: <CircleAlert />,
  cancelled: <Ban />,
};

/** The first output, or a sign of why there is none. Its place has its size before it is there. */
export function Thumbnail({ request, eager = false }: { request: HistoryEntry; eager?: boolean }) {
  const [first] = mediaOf(request);
  if (!first)
    return (
      <div aria-hidden className="grid size-full place-items-center bg-sunken text-ink-faint [&_svg]:size-6">
        {SIGNS[request.status]}
      </div>
    );
  if (first.kind === 'video')
    return (
      <video
        src={first.url}
        muted
        playsInline
        preload="metadata"
        className="size-full bg-sunken object-cover"
      >
        <track kind="captions" />
      </video>
    );
  return (
    <img
      src={first.url}
      alt=""
      width={first.width}
      height={first.height}
      loading={eager ? 'eager' : 'lazy'}
      decoding="async"
      className="size-full bg-sunken object-cover"
    />
  );
}
