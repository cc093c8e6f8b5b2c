/** Several ways into Gemini share the load; one that is over its limit, spent or refused rests meanwhile. */
import { BackendError } from '../backend.ts';
import type { Access } from './access.ts';

export interface Rest {
  kind: 'limited' | 'exhausted' | 'refused';
  untilMs: number;
  /** For the operator. */
  reason: string;
}

export interface AccessPool {
  readonly accesses: readonly Access[];
  /** The one that was used longest ago, of those that do not rest and were not tried yet. */
  take(upstreamModel: string, tried: ReadonlySet<Access>): Access | undefined;
  /** @param upstreamModel the only one it holds for; undefined: all */
  rest(access: Access, upstreamModel: string | undefined, rest: Rest): void;
  /** It was seen to be let in: that it was refused holds no longer. */
  wake(access: Access): void;
  /** Those in force now. */
  restsOf(access: Access): readonly { upstreamModel: string | undefined; rest: Rest }[];
  /** Why none can be taken, with the earliest time that one can. */
  whyNone(upstreamModel: string): BackendError;
}

/** @param now milliseconds */
export function createAccessPool(accesses: readonly Access[], now: () => number): AccessPool {
  const longestUnusedFirst = [...accesses];
  // Limits are counted for each model of each key; a key that is refused is refused for all.
  const rests = new Map<Access, Map<string | undefined, Rest>>(accesses.map((access) => [access, new Map()]));

  function inForce(access: Access, upstreamModel: string | undefined): Rest | undefined {
    const found = rests.get(access)?.get(upstreamModel);
    return found && found.untilMs > now() ? found : undefined;
  }

  const restFor = (access: Access, upstreamModel: string): Rest | undefined =>
    inForce(access, undefined) ?? inForce(access, upstreamModel);

  return {
    accesses,
    take(upstreamModel, tried) {
      const at = longestUnusedFirst.findIndex(
        (access) => !tried.has(access) && !restFor(access, upstreamModel),
      );
      if (at === -1) return undefined;
      const [taken] = longestUnusedFirst.splice(at, 1);
      longestUnusedFirst.push(taken!);
      return taken;
    },
    rest: (access, upstreamModel, rest) => rests.get(access)?.set(upstreamModel, rest),
    wake(access) {
      if (rests.get(access)?.get(undefined)?.kind === 'refused') rests.get(access)!.delete(undefined);
    },
    restsOf: (access) =>
      [...(rests.get(access) ?? [])]
        .filter(([upstreamModel]) => inForce(access, upstreamModel))
        .map(([upstreamModel, rest]) => ({ upstreamModel, rest })),
    whyNone(upstreamModel) {
      const reasons = accesses
        .map((access) => restFor(access, upstreamModel))
        .filter((rest) => rest !== undefined);
      return whyAllRest(reasons, now());
    },
  };
}

function whyAllRest(rests: readonly Rest[], nowMs: number): BackendError {
  const soonestOf = (kind: Rest['kind']): number | undefined => {
    const times = rests.filter((rest) => rest.kind === kind).map(({ untilMs }) => untilMs - nowMs);
    return times.length > 0 ? Math.max(0, Math.min(...times)) : undefined;
  };
  const limitedMs = soonestOf('limited');
  if (limitedMs !== undefined) {
    return new BackendError('rate_limited', 'Gemini is over its rate limit for this server.', {
      retryAfterMs: limitedMs,
    });
  }
  const exhaustedMs = soonestOf('exhausted');
  if (exhaustedMs !== undefined) {
    return new BackendError('rate_limited', "This server's quota at Gemini is spent for now.", {
      retryAfterMs: exhaustedMs,
      exhausted: true,
    });
  }
  if (rests.length > 0) return new BackendError('auth', 'Gemini refused the credentials of this server.');
  // A rest ended between the answer and this look.
  return new BackendError('rate_limited', 'Gemini is over its rate limit for this server.', {
    retryAfterMs: 1000,
  });
}
