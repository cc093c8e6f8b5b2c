/** Calls a minute for each key, counted in this process. */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '../errors.ts';
import type { Identity } from './authenticate.ts';

/** Sends the standard headers and throws 429 when a key has had its calls of this minute. */
export type RateLimit = (identity: Identity) => Promise<Record<string, string>>;

const NO_HEADERS: Record<string, string> = {};

/** @param perMinute for keys without a limit of their own; 0: none */
export function createRateLimit(perMinute: number): RateLimit {
  const limiters = new Map<number, RateLimiterMemory>();
  const limiterOf = (points: number): RateLimiterMemory => {
    const limiter = limiters.get(points) ?? new RateLimiterMemory({ points, duration: 60 });
    limiters.set(points, limiter);
    return limiter;
  };

  return async (identity) => {
    const limit = identity.requestsPerMinute ?? perMinute;
    if (limit === 0) return NO_HEADERS;
    try {
      return headers(limit, await limiterOf(limit).consume(identity.keyId));
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      const { msBeforeNext } = refusal as RateLimiterRes;
      throw errors.rateLimited(
        `This API key may make ${limit} calls a minute. Wait ${seconds(msBeforeNext)} s and try again.`,
        {
          ...headers(limit, refusal as RateLimiterRes),
          'retry-after': String(seconds(msBeforeNext)),
        },
      );
    }
  };
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

const headers = (
  limit: number,
  { remainingPoints, msBeforeNext }: RateLimiterRes,
): Record<string, string> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(Math.max(0, remainingPoints)),
  'ratelimit-reset': String(seconds(msBeforeNext)),
});
