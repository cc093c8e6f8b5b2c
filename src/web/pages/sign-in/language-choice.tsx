import { useTranslation } from 'react-i18next';
import { Segmented } from '../../components/segmented.tsx';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../texts/languages.ts';
import { chooseLanguage } from '../../texts/texts.ts';

/** For who can't reach the menu yet. */
export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <Segmented
      label={t('account.language')}
      value={i18n.language as Language}
      options={LANGUAGES.map((value) => ({
        value,
        label: <span lang={value}>{LANGUAGE_NAMES[value]}</span>,
      }))}
      onChange={(language) => void chooseLanguage(language)}
      className="mt-10 self-start"
    />
  );
}
