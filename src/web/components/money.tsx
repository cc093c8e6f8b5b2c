import { useTranslation } from 'react-i18next';
import { useFormat } from '../lib/use-format.ts';

/** An amount in USD as the reader writes it. */
export function Money({ usd, freeAsWord = false }: { usd: number; freeAsWord?: boolean }) {
  const { t } = useTranslation();
  const { money } = useFormat();
  return <span className="tabular-nums">{freeAsWord && usd === 0 ? t('free') : money(usd)}</span>;
}
