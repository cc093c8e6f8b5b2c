import { Search, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Model } from '../../../client/index.ts';
import { IconButton } from '../../components/button.tsx';
import { Checkbox } from '../../components/checkbox.tsx';
import { Input } from '../../components/field.tsx';
import { Select } from '../../components/select.tsx';
import { useFormat } from '../../lib/use-format.ts';
import { useKindName } from './kind-name.ts';
import { type ExploreSearch, PRICE_BANDS, PRICE_STEPS, type PriceBand } from './search.ts';

export interface FiltersProps {
  search: ExploreSearch;
  /** All there are: what can be chosen follows from them. */
  models: readonly Model[];
  onChange: (changed: Partial<Record<keyof ExploreSearch, unknown>>) => void;
}

export function Filters({ search, models, onChange }: FiltersProps) {
  const { t } = useTranslation(['explore', 'common']);
  const { money } = useFormat();
  const kindName = useKindName();
  const kinds = distinct(models.map(({ kind }) => kind as string));
  const categories = distinct(models.flatMap((model) => model.categories));
  const prices: Record<PriceBand, string> = {
    free: t('prices.free'),
    low: t('prices.low', { amount: money(PRICE_STEPS.low) }),
    medium: t('prices.medium', { from: money(PRICE_STEPS.low), to: money(PRICE_STEPS.high) }),
    high: t('prices.high', { amount: money(PRICE_STEPS.high) }),
  };
  return (
    <search className="mb-4 flex flex-col gap-2.5 lg:flex-row">
      <SearchBox value={search.q ?? ''} onChange={(q) => onChange({ q: q || undefined })} />
      {/* On a phone one line that scrolls, so that the models begin on the first screen. */}
      <div className="flex gap-2.5 max-sm:-mx-4 max-sm:overflow-x-auto max-sm:px-4 max-sm:py-1 max-sm:[scrollbar-width:none] sm:grid sm:grid-cols-[repeat(3,minmax(0,1fr))_auto]">
        <Select
          className="max-sm:w-36 max-sm:shrink-0"
          aria-label={t('kind')}
          value={search.kind ?? ''}
          options={[
            { value: '', label: t('any.kind') },
            ...kinds.map((value) => ({ value, label: kindName(value) })),
          ]}
          onChange={(kind) => onChange({ kind: kind || undefined })}
        />
        <Select
          className="max-sm:w-36 max-sm:shrink-0"
          aria-label={t('category')}
          value={search.category ?? ''}
          options={[
            { value: '', label: t('any.category') },
            ...categories.map((value) => ({ value, label: value })),
          ]}
          onChange={(category) => onChange({ category: category || undefined })}
        />
        <Select
          className="max-sm:w-36 max-sm:shrink-0"
          aria-label={t('price')}
          value={search.price ?? ''}
          options={[
            { value: '', label: t('any.price') },
            ...PRICE_BANDS.map((value) => ({ value, label: prices[value] })),
          ]}
          onChange={(price) => onChange({ price: price || undefined })}
        />
        <Checkbox
          checked={search.available ?? false}
          onChange={(available) => onChange({ available: available || undefined })}
          className="shrink-0 whitespace-nowrap pr-1 sm:px-2"
        >
          {t('availableOnly')}
        </Checkbox>
      </div>
    </search>
  );
}

const distinct = (values: string[]): string[] => [...new Set(values)].sort();

/** "/" leads here from anywhere on the page, Escape empties it. */
function SearchBox({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const { t } = useTranslation(['explore', 'common']);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || target.closest('input, textarea, select'))
        return;
      event.preventDefault();
      input.current?.select();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);
  return (
    <div className="relative min-w-0 flex-1">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-faint"
      />
      <Input
        ref={input}
        type="search"
        aria-label={t('search')}
        placeholder={t('searchPlaceholder')}
        aria-keyshortcuts="/"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && onChange('')}
        className="pr-9 pl-9 [&::-webkit-search-cancel-button]:hidden"
      />
      {value !== '' && (
        <IconButton
          label={t('common:actions.clear')}
          size="sm"
          onClick={() => {
            onChange('');
            input.current?.focus();
          }}
          className="absolute top-1/2 right-1 -translate-y-1/2"
        >
          <X />
        </IconButton>
      )}
    </div>
  );
}
