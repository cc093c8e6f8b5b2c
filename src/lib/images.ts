/** Words about images that several rooms share. */

export type Resolution = '0.5K' | '1K' | '2K' | '4K';
export type OutputFormat = 'png' | 'jpeg' | 'webp';

/** An input image as a backend gets it: upright, without metadata, one frame. */
export interface InputImage {
  bytes: Buffer;
  contentType: 'image/png' | 'image/jpeg' | 'image/webp';
  /** Pixels. */
  width: number;
  height: number;
}
