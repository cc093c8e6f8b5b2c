/** How often signing in may fail from one address, counted in this process. */
import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError, errors } from '../errors.ts';

const FAILURES_PER_MINUTE = 10;

/**
 * Runs an attempt from `address` to sign in.
 * @throws 429 without trying when too many have failed within a minute, else what `signIn` throws.
 */
export type SignInLimit = <Result>(address: string, signIn: () => Promise<Result>) => Promise<Result>;

export function createSignInLimit(): SignInLimit {
  const limiter = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });
  return async (address, signIn) => {
    const caller = blockOf(address);
    // Before the attempt, so that many at once are not all tried; one that succeeds is given back.
    await limiter.consume(caller).catch((refusal: RateLimiterRes | Error) => {
      if (refusal instanceof Error) throw refusal;
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw errors.rateLimited(`Signing in has failed too often. Wait ${seconds} s and try again.`, {
        'retry-after': String(seconds),
      });
    });
    try {
      const result = await signIn();
      await limiter.reward(caller);
      return result;
    } catch (error) {
      // What is nobody's guess, such as a database that is gone, is nobody's fault.
      if (!(error instanceof ApiError && error.status === 401)) await limiter.reward(caller);
      throw error;
    }
  };
}

/** Whoever has an IPv6 address has a block of 2⁶⁴ of them. */
function blockOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed instanceof ipaddr.IPv6 ? parsed.parts.slice(0, 4).join(':') : parsed.toString();
}
