import { getRouteApi } from '@tanstack/react-router';
import clsx from 'clsx';
import { RotateCcw } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../components/button.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Loading, Skeleton } from '../../components/skeleton.tsx';
import { CodePanel } from './code/code-panel.tsx';
import { type FormKnowledge, FormKnowledgeProvider } from './form/form-context.ts';
import { foldedFields } from './form/form-schema.ts';
import { InputForm, type InputFormHandle } from './form/input-form.tsx';
import { callInput, examplesOf, imageFields, isFilled, withExamples } from './input.ts';
import { ResultPanel } from './result/result-panel.tsx';
import { RunBar } from './run/run-bar.tsx';
import { usePrices } from './run/use-estimate.ts';
import { useRunKey } from './run/use-run-key.ts';
import type { RunnableModel } from './use-model.ts';
import { usePlayground } from './use-playground.ts';

const route = getRouteApi('/signed-in/models/$');

/** On a phone one at a time; on a desk the input at the left, the others at its side. */
const VIEWS = ['input', 'result', 'code'] as const;
type View = (typeof VIEWS)[number];
const ONE_AT_A_TIME = '(width < 64rem)';

export function Playground({ model }: { model: RunnableModel }) {
  const { t } = useTranslation('playground');
  const { request } = route.useSearch();
  const { input_schema: schema } = model;
  const [view, setView] = useState<View>(request ? 'result' : 'input');
  const [unfolded, setUnfolded] = useState(false);
  const form = useRef<InputFormHandle>(null);
  const results = useRef<HTMLDivElement>(null);
  const played = usePlayground(model, (what) => {
    setView(what);
    // The button that ran it goes out of sight with the form: focus goes where the result will be.
    if (matchMedia(ONE_AT_A_TIME).matches && what === 'result')
      requestAnimationFrame(() => results.current?.focus());
  });
  const { input, uploads } = played;
  // The form looks at its rules, and then runs it.
  const run = (): void => form.current?.submit();
  useRunKey(run);
  const sent = callInput(schema, input);
  const folded = foldedFields(schema);
  const knowledge: FormKnowledge = {
    examples: examplesOf(schema),
    prices: usePrices(model),
    uploads,
    imageNames: imageFields(schema),
    folded,
    unfolded,
    setUnfolded,
    changed: folded.filter((name) => name in sent).length,
  };
  const column = (shown: View): string => clsx(view !== shown && 'max-lg:hidden');
  return (
    <>
      <Segmented
        label={t('views.label')}
        value={view}
        options={VIEWS.map((value) => ({ value, label: t(`views.${value}`) }))}
        onChange={setView}
        className="mb-4 flex! lg:hidden! [&>label]:flex-1"
      />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,25rem)_minmax(0,1fr)]">
        <section className={clsx('rounded-lg border border-line bg-surface shadow-card', column('input'))}>
          <header className="flex min-h-14 items-center justify-between gap-3 px-4 pt-1 sm:px-5">
            <h2 className="font-semibold text-base">{t('inputTitle')}</h2>
            <Button size="sm" variant="ghost" icon={<RotateCcw aria-hidden />} onClick={played.reset}>
              {t('reset')}
            </Button>
          </header>
          <div className="px-4 pb-5 sm:px-5">
            {played.ready ? (
              <FormKnowledgeProvider value={knowledge}>
                <InputForm
                  form={form}
                  schema={schema}
                  input={input}
                  problems={played.problems}
                  onChange={played.change}
                  onRun={played.runNow}
                />
              </FormKnowledgeProvider>
            ) : (
              <Loading>
                <Skeleton className="h-96" />
              </Loading>
            )}
          </div>
          <RunBar
            price={played.price}
            refused={played.refused}
            uploading={uploads.busy}
            uploadFailed={uploads.failed}
            submitting={played.submitting}
            onRun={run}
          />
        </section>
        <div className="flex min-w-0 flex-col gap-5">
          <div ref={results} tabIndex={-1} className={column('result')}>
            <ResultPanel
              model={model}
              run={played.run}
              asked={played.asked}
              onReuseSeed={played.reuseSeed}
              onRunAgain={run}
              onForget={played.forget}
            />
          </div>
          <div className={column('code')}>
            <CodePanel
              modelId={model.model_id}
              input={withExamples(schema, input)}
              isExample={!isFilled(schema, input)}
            />
          </div>
        </div>
      </div>
    </>
  );
}
