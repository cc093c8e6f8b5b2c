/** Which languages there are, which one is shown, and where the choice is kept. */
import { readCookie, writeCookie } from '../lib/cookies.ts';

export const LANGUAGES = ['en', 'zh-TW', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each in its own words: who looks for theirs may not read any other. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  'zh-TW': '繁體中文',
  it: 'Italiano',
};

/** The server reads it too, for the language of the page it sends. */
const COOKIE = 'darkroom_language';

/** What was chosen, else what the server has written into the page by what the browser asks for. */
export function preferredLanguage(): Language {
  const wished = [readCookie(COOKIE), document.documentElement.lang];
  const language = wished.find((tag) => LANGUAGES.includes(tag as Language));
  return (language as Language | undefined) ?? 'en';
}

export const keepLanguage = (language: Language): void => writeCookie(COOKIE, language);

/** The browser's own variant of `language`, by which times and numbers are written: `en-GB` for `en`. */
export function localeOf(language: Language): string {
  if (language === 'zh-TW') return language;
  return navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;
}
