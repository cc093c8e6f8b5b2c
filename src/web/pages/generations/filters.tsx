import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Select } from '../../components/select.tsx';
import { useAccount, useMay } from '../../session/account.tsx';
import { useModels } from '../explore/use-models.ts';
import { type GenerationsSearch, STATUSES, TIMES } from './search.ts';

export interface FiltersProps {
  search: GenerationsSearch;
  onChange: (changed: Partial<Record<keyof GenerationsSearch, unknown>>) => void;
}

export function Filters({ search, onChange }: FiltersProps) {
  const { t } = useTranslation(['generations', 'common']);
  const { darkroom } = useAccount();
  const mayAdmin = useMay('admin');
  const { data: models } = useModels();
  // Only who may see the keys can choose one.
  const { data: keys } = useQuery({
    queryKey: ['keys'],
    queryFn: () => darkroom.keys.list(),
    enabled: mayAdmin,
  });
  const className = 'max-sm:w-40 max-sm:shrink-0';
  return (
    <search className="mb-5 flex gap-2.5 max-sm:-mx-4 max-sm:overflow-x-auto max-sm:px-4 max-sm:py-1 max-sm:[scrollbar-width:none] sm:grid sm:grid-cols-2 lg:grid-cols-4">
      <Select
        className={className}
        aria-label={t('filters.status')}
        value={search.status ?? ''}
        options={[
          { value: '', label: t('filters.anyStatus') },
          ...STATUSES.map((value) => ({ value, label: t(`common:status.${value}`) })),
        ]}
        onChange={(status) => onChange({ status: status || undefined })}
      />
      <Select
        className={className}
        aria-label={t('filters.model')}
        value={search.model ?? ''}
        options={[
          { value: '', label: t('filters.anyModel') },
          ...(models ?? []).map(({ model_id, display_name }) => ({ value: model_id, label: display_name })),
        ]}
        onChange={(model) => onChange({ model: model || undefined })}
      />
      <Select
        className={className}
        aria-label={t('filters.time')}
        value={search.days ?? ''}
        options={[
          { value: '', label: t('filters.anyTime') },
          ...TIMES.map((value) => ({ value, label: t('filters.days', { count: Number(value) }) })),
        ]}
        onChange={(days) => onChange({ days: days || undefined })}
      />
      {mayAdmin && (
        <Select
          className={className}
          aria-label={t('filters.key')}
          value={search.key ?? ''}
          options={[
            { value: '', label: t('filters.anyKey') },
            ...(keys ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(key) => onChange({ key: key || undefined })}
        />
      )}
    </search>
  );
}
