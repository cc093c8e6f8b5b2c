/**
 * `work` for many callers at once: whoever asks while it goes on, or within `forMs` of its end, gets its result.
 * For what strangers may ask as often as they like.
 */
export function shared<Result>(
  work: () => Promise<Result>,
  forMs: number,
  now: () => number = () => performance.now(),
): () => Promise<Result> {
  let latest: Promise<Result> | undefined;
  let untilMs = Number.POSITIVE_INFINITY;
  return () => {
    if (latest && now() < untilMs) return latest;
    untilMs = Number.POSITIVE_INFINITY;
    latest = work().finally(() => {
      untilMs = now() + forMs;
    });
    return latest;
  };
}
