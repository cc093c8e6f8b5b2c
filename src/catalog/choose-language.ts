import Negotiator from 'negotiator';
import type { Language } from './model.ts';

/** The language for an answer: `?lang=` if it names one we have, then `Accept-Language` by its q-values, then English. */
export function chooseLanguage(acceptLanguage: string | undefined, langQuery?: string | undefined): Language {
  return languageOf(langQuery ?? '') ?? fromHeader(acceptLanguage) ?? 'en';
}

function fromHeader(acceptLanguage: string | undefined): Language | undefined {
  if (!acceptLanguage) return undefined;
  // Without a list of ours, negotiator sorts what the client sent; its own prefix matching would take zh-CN for zh-TW.
  const wanted = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages();
  for (const tag of wanted) {
    const language = languageOf(tag);
    if (language) return language;
  }
  return undefined;
}

/** Simplified Chinese is not Traditional Chinese: who reads only that gets English. */
function languageOf(tag: string): Language | undefined {
  const [primary, ...subtags] = tag.trim().toLowerCase().replaceAll('_', '-').split('-');
  if (primary === 'en') return 'en';
  if (primary === 'it') return 'it';
  if (primary !== 'zh') return undefined;
  if (subtags.includes('hant')) return 'zh-TW';
  if (subtags.includes('hans')) return undefined;
  return subtags.length === 0 || subtags.some((subtag) => ['tw', 'hk', 'mo'].includes(subtag))
    ? 'zh-TW'
    : undefined;
}
