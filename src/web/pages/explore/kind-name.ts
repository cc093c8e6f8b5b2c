import { useTranslation } from 'react-i18next';

/** What a kind of model is called; one that we do not know, by its id. */
export function useKindName(): (kind: string) => string {
  const { t, i18n } = useTranslation();
  return (kind) => (i18n.exists(`kinds.${kind}`) ? t(`kinds.${kind}` as 'kinds.text-to-image') : kind);
}
