/** What it would cost, while it is being written. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Estimate } from '../../../../client/index.ts';
import { useDarkroom, useMay } from '../../../session/account.tsx';
import { type Input, withExamples } from '../input.ts';
import type { RunnableModel } from '../use-model.ts';

/** Nobody reads a price while typing. */
const PAUSE_MS = 350;

export interface Estimated {
  estimate: Estimate | undefined;
  /** Why there is none. */
  error: unknown;
  /** It is of what was written a moment ago. */
  outdated: boolean;
}

/** Whether it is known that a submit would be refused. */
export const stopsRun = (estimate: Estimate | undefined): boolean =>
  estimate !== undefined && !(estimate.available && estimate.within_budget);

/** The price of `input`; of one that is not complete yet, as if it were. */
export function useEstimate({ model_id, input_schema }: RunnableModel, input: Input): Estimated {
  const darkroom = useDarkroom();
  const allowed = useMay('generate');
  const wanted = withExamples(input_schema, input);
  const asked = useSettled(wanted, PAUSE_MS);
  const query = useQuery({
    queryKey: ['estimate', model_id, asked],
    queryFn: ({ signal }) => darkroom.estimate(model_id, asked, { signal }),
    enabled: allowed,
    placeholderData: keepPreviousData,
    // Budgets and backends change by themselves.
    staleTime: 10_000,
  });
  const outdated = query.isPlaceholderData || JSON.stringify(wanted) !== JSON.stringify(asked);
  return { estimate: query.data, error: query.error, outdated };
}

/** USD of one output for each resolution: the one thing besides their number that prices depend on. */
export function usePrices({ model_id, input_schema }: RunnableModel): Record<string, number> | undefined {
  const darkroom = useDarkroom();
  const allowed = useMay('generate');
  const resolutions = (input_schema.properties.resolution?.enum ?? []).map(String);
  const { data } = useQuery({
    queryKey: ['prices', model_id],
    queryFn: async ({ signal }) => {
      const priced = resolutions.map(async (resolution) => {
        const input = { ...withExamples(input_schema, {}), resolution };
        const { price_per_output } = await darkroom.estimate(model_id, input, { signal });
        return [resolution, price_per_output] as const;
      });
      return Object.fromEntries(await Promise.all(priced));
    },
    enabled: allowed && resolutions.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data;
}

/** `value` as soon as it has stayed the same for a while; by its content, not its identity. */
function useSettled<Value>(value: Value, pauseMs: number): Value {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  const isSettled = text === JSON.stringify(settled);
  useEffect(() => {
    if (isSettled) return;
    const timer = setTimeout(() => setSettled(JSON.parse(text)), pauseMs);
    return () => clearTimeout(timer);
  }, [text, isSettled, pauseMs]);
  return settled;
}
