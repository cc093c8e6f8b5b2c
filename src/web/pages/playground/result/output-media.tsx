import type { Ref } from 'react';

export interface OutputMediaProps {
  url: string;
  type: string;
  alt: string;
  className?: string;
  /** Of a video: buttons to play it by. */
  controls?: boolean;
  ref?: Ref<HTMLImageElement>;
}

/** A picture or a film. */
export function OutputMedia({ url, type, alt, className, controls = false, ref }: OutputMediaProps) {
  if (type.startsWith('video/'))
    return (
      // biome-ignore lint/a11y/useMediaCaption: models make no words to be read.
      <video
        src={url}
        aria-label={alt}
        className={className}
        controls={controls}
        loop
        playsInline
        preload="metadata"
      />
    );
  return <img ref={ref} src={url} alt={alt} className={className} decoding="async" />;
}
