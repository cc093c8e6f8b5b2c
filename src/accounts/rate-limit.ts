/** Calls a minute for each key, counted in this process. */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { errors } from '../errors.ts';
import type { Identity } from './authenticate.ts';

/** Sends the standard headers and throws 429 when a key has had its calls of this minute. */
export type RateLimit = (identity: Identity) => Promise<Record<string, string>> | Record<string, string>;

export const NO_HEADERS: Record<string, string> = {};

/** @param perMinute for keys without a limit of their own; 0: none */
export function createRateLimit(perMinute: number): RateLimit {
  const limiters = new Map<number, RateLimiterMemory>();
  const limiterOf = (points: number): RateLimiterMemory => {
    const limiter = limiters.get(points) ?? new RateLimiterMemory({ points, duration: 60 });
    limiters.set(points, limiter);
    return limiter;
  };

  const consume = async ({ keyId }: Identity, limit: number): Promise<Record<string, string>> => {
    try {
      const { remainingPoints, msBeforeNext } = await limiterOf(limit).consume(keyId);
      return standardHeaders(limit, remainingPoints, msBeforeNext);
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      throw refuse(limit, (refusal as RateLimiterRes).msBeforeNext);
    }
  };
  return (identity) => {
    const limit = identity.requestsPerMinute ?? perMinute;
    return limit === 0 ? NO_HEADERS : consume(identity, limit);
  };
}

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));

export const standardHeaders = (
  limit: number,
  remaining: number,
  msLeft: number,
): Record<string, string> => ({
  'ratelimit-limit': String(limit),
  'ratelimit-remaining': String(Math.max(0, remaining)),
  'ratelimit-reset': String(seconds(msLeft)),
});

export const refuse = (limit: number, msLeft: number): Error =>
  errors.rateLimited(
    `This API key may make ${limit} calls a minute. Wait ${seconds(msLeft)} s and try again.`,
    { ...standardHeaders(limit, 0, msLeft), 'retry-after': String(seconds(msLeft)) },
  );
