import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { InputSchema, Model } from '../../../client/index.ts';
import { useDarkroom } from '../../session/account.tsx';

/** A model whose schema is there. */
export type RunnableModel = Model & { input_schema: InputSchema };

/** A model in the language that is shown. While another language is fetched, the texts stay as they were. */
export function useModel(id: string) {
  const darkroom = useDarkroom();
  const { i18n } = useTranslation();
  const query = useQuery({
    queryKey: ['model', id, i18n.language],
    queryFn: ({ signal }) => darkroom.models.get(id, { language: i18n.language, signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  const answersTo = (model: Model | undefined): boolean =>
    model !== undefined && (model.model_id === id || model.aliases.includes(id));
  // What is kept may be another model's.
  const model = answersTo(query.data) ? (query.data as RunnableModel) : undefined;
  return { model, error: query.error, refetch: query.refetch };
}
