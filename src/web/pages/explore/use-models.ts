import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Model } from '../../../client/index.ts';
import { useAccount } from '../../session/account.tsx';

const PAGE_SIZE = 100;

/** The whole catalogue in the language that is shown: small enough to be searched here, at once. */
export function useModels() {
  const { darkroom } = useAccount();
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['models', i18n.language],
    queryFn: async (): Promise<Model[]> => {
      const models: Model[] = [];
      for await (const model of darkroom.models.list({ language: i18n.language, limit: PAGE_SIZE }))
        models.push(model);
      // What can be tried comes first; otherwise the catalogue's own order.
      return models.sort((a, b) => Number(b.available) - Number(a.available));
    },
    // Changes when the operator changes it.
    staleTime: 60_000,
  });
}
