/** The texts of the app: i18next with one language loaded at a time. English is the source that the others are typed against. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en } from './en/index.ts';
import { keepLanguage, type Language, preferredLanguage } from './languages.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common';
    resources: typeof en;
  }
}

const LOADERS: Record<Language, () => Promise<Record<string, object>>> = {
  en: async () => (await import('./en/index.ts')).en,
  'zh-TW': async () => (await import('./zh-TW/index.ts')).zhTW,
  it: async () => (await import('./it/index.ts')).it,
};

/** Loads the preferred language; to be awaited before anything is rendered. */
export async function startTexts(): Promise<void> {
  const language = preferredLanguage();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    defaultNS: 'common',
    resources: { [language]: (await LOADERS[language]()) as never },
    interpolation: { escapeValue: false },
    // Types keep this from happening, but for keys that are put together.
    parseMissingKeyHandler: (key) => {
      console.error(`There is no text called ${key}.`);
      return key;
    },
    react: { useSuspense: false },
  });
  document.documentElement.lang = language;
}

/** Shows the app in `language` from now on, and at the next visit. */
export async function chooseLanguage(language: Language): Promise<void> {
  const texts = await LOADERS[language]();
  for (const [namespace, keys] of Object.entries(texts)) i18next.addResourceBundle(language, namespace, keys);
  keepLanguage(language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}
