import { Link } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { buttonClass } from '../components/button.tsx';
import { EmptyState } from '../components/states.tsx';
import { usePageTitle } from '../lib/page-title.ts';

export function PageNotFound() {
  const { t } = useTranslation();
  usePageTitle(t('states.notFoundTitle'));
  return (
    <main id="content" tabIndex={-1} className="grid min-h-[85dvh] place-items-center">
      <h1 className="sr-only">{t('states.notFoundTitle')}</h1>
      <EmptyState
        icon={<SearchX />}
        title={t('states.notFoundTitle')}
        action={
          <Link to="/" className={buttonClass('primary')}>
            {t('actions.backToModels')}
          </Link>
        }
      >
        {t('states.notFoundText')}
      </EmptyState>
    </main>
  );
}
