/** A model at work: what stands in its form, what that would cost, the request that is shown, and what can be done. */
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { ValidationError } from '../../../client/index.ts';
import { toast } from '../../components/toast-store.ts';
import { useMay } from '../../session/account.tsx';
import { useUploads } from './images/use-uploads.ts';
import { defaultsOf, type Input } from './input.ts';
import { problemsTold } from './run/problems.ts';
import { stopsRun, useEstimate } from './run/use-estimate.ts';
import { useAsked, useRun, useSubmit } from './run/use-run.ts';
import { useInput } from './use-input.ts';
import type { RunnableModel } from './use-model.ts';

const route = getRouteApi('/signed-in/models/$');

/** @param onShow called when something new is to be looked at. */
export function usePlayground(model: RunnableModel, onShow: (what: 'input' | 'result') => void) {
  const { t } = useTranslation('playground');
  const { request } = route.useSearch();
  const navigate = route.useNavigate();
  const allowed = useMay('generate');
  const { input_schema: schema } = model;

  const asked = useAsked(request);
  // A request of another model: its page is elsewhere.
  const otherModel = asked.data && asked.data.modelId !== model.model_id ? asked.data.modelId : undefined;
  useEffect(() => {
    if (otherModel)
      void navigate({ params: { _splat: otherModel }, search: (search) => search, replace: true });
  }, [otherModel, navigate]);

  const known = otherModel === undefined ? asked.data : undefined;
  const { input, setInput, ready, belongsTo } = useInput(model, request, known, asked.isError);
  const uploads = useUploads(input, setInput);
  const price = useEstimate(model, input);
  const run = useRun(request);
  const submit = useSubmit(model, (id) => {
    belongsTo(id);
    onShow('result');
    void navigate({ search: { request: id }, replace: true, resetScroll: false });
  });

  const change = (changed: Input): void => {
    // What was refused is another input now.
    submit.reset();
    setInput(() => uploads.settle(changed));
  };
  const told = problemsTold(submit.error ?? price.error, schema);
  return {
    input,
    ready,
    uploads,
    price,
    run,
    asked: known?.input,
    submitting: submit.isPending,
    /** What the server found wrong with single fields. */
    problems: told.fields,
    /** Why it would not take the whole. */
    refused: submit.error instanceof ValidationError ? told.others.join(' ') : submit.error,
    change,
    reset: () => change(defaultsOf(schema)),
    /** With an input that breaks no rule known here. */
    runNow: (): void => {
      const isStopped = stopsRun(price.estimate) && !price.outdated;
      if (allowed && !isStopped && !uploads.busy && !uploads.failed && !submit.isPending)
        submit.mutate(input);
    },
    /** What the request was asked with, and the seed of one of its outputs: that one again, alone. */
    reuseSeed: (seed: number): void => {
      const one = 'num_images' in schema.properties && { num_images: 1 };
      change({ ...input, ...known?.input, seed, ...one });
      onShow('input');
      toast({ title: t('result.seedSet', { seed }), tone: 'good' });
    },
    /** Away from the request that is shown. */
    forget: () => void navigate({ search: {}, replace: true }),
  };
}
