/** A request that is shown: as it goes on, how it ended, and what it was asked with. */
import { type QueryClient, skipToken, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  type Darkroom,
  RequestCancelledError,
  RequestFailedError,
  type Result,
} from '../../../../client/index.ts';
import { useDarkroom } from '../../../session/account.tsx';
import { callInput, type Input } from '../input.ts';
import type { RunnableModel } from '../use-model.ts';
import { fold, type Live, NOTHING_YET } from './live.ts';

/** Of a synchronous request the bytes are given once: they stay as long as the tab is likely to be looked at. */
const KEPT_MS = 3_600_000;

export interface Run {
  id: string;
  live: Live;
  /** Once it has ended, however it did. */
  result: Result | undefined;
  /** It is not there, or the server does not answer. */
  error: unknown;
  retry: () => void;
}

/** Follows a request to its end; one that has ended already is told from its beginning. */
export function useRun(id: string | undefined): Run | undefined {
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  const { data: live } = useQuery<Live>({ queryKey: liveKey(id), queryFn: skipToken, gcTime: KEPT_MS });
  const { data, error, refetch } = useQuery({
    queryKey: ['playground', 'result', id],
    queryFn: id === undefined ? skipToken : ({ signal }) => untilEnd(darkroom, queryClient, id, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
  });
  if (id === undefined) return undefined;
  return {
    id,
    live: live ?? NOTHING_YET,
    result: data,
    error: data ? null : error,
    retry: () => void refetch(),
  };
}

async function untilEnd(
  darkroom: Darkroom,
  queryClient: QueryClient,
  id: string,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await darkroom.wait(id, {
      includeCost: true,
      signal,
      onUpdate: (update) =>
        queryClient.setQueryData<Live>(liveKey(id), (live) => fold(live ?? NOTHING_YET, update)),
    });
  } catch (error) {
    if (error instanceof RequestFailedError || error instanceof RequestCancelledError) return error.result;
    throw error;
  } finally {
    // What other pages show of it.
    for (const key of ['requests', 'usage', 'account'])
      void queryClient.invalidateQueries({ queryKey: [key] });
  }
}

/** Submits, and keeps what was submitted beside the request. */
export function useSubmit(
  { model_id, input_schema }: RunnableModel,
  onSubmitted: (requestId: string) => void,
) {
  const darkroom = useDarkroom();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => darkroom.submit(model_id, callInput(input_schema, input)),
    onSuccess: ({ request_id }, input) => {
      queryClient.setQueryData(askedKey(request_id), { modelId: model_id, input } satisfies Asked);
      void queryClient.invalidateQueries({ queryKey: ['requests'] });
      onSubmitted(request_id);
    },
  });
}

export interface Asked {
  modelId: string;
  /** Undefined where it is not kept: of synchronous requests. */
  input: Input | undefined;
}

/** What a request was submitted with, from the history. */
export function useAsked(id: string | undefined) {
  const darkroom = useDarkroom();
  return useQuery({
    queryKey: askedKey(id),
    queryFn: id === undefined ? skipToken : ({ signal }) => findAsked(darkroom, id, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEPT_MS,
  });
}

async function findAsked(darkroom: Darkroom, id: string, signal: AbortSignal): Promise<Asked> {
  const { model_id: modelId = '', input } = await darkroom.requests.get(id, { signal });
  return { modelId, input: Object.keys(input).length > 0 ? input : undefined };
}

const liveKey = (id: string | undefined) => ['playground', 'live', id];
const askedKey = (id: string | undefined) => ['playground', 'asked', id];
