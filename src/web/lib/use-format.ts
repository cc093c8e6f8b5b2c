/** Times, numbers and money as the reader writes them. */
import { useTranslation } from 'react-i18next';
import { type Language, localeOf } from '../texts/languages.ts';

export interface Format {
  /** USD, as exact as prices of single images need. */
  money(usd: number): string;
  number(value: number, options?: Intl.NumberFormatOptions): string;
  bytes(bytes: number): string;
  /** A duration in words: 4.2 s, 3 min. */
  duration(seconds: number): string;
  date(time: string | Date, options?: Intl.DateTimeFormatOptions): string;
  dateTime(time: string | Date): string;
  /** 3 minutes ago. */
  relative(time: string | Date, now?: number): string;
  list(items: string[]): string;
}

const formats = new Map<Language, Format>();

export function useFormat(): Format {
  const { i18n } = useTranslation();
  const language = i18n.language as Language;
  let format = formats.get(language);
  if (!format) {
    format = createFormat(localeOf(language));
    formats.set(language, format);
  }
  return format;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function createFormat(locale: string): Format {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const list = new Intl.ListFormat(locale);
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const unit = (value: number, name: string, digits: number): string =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value);
  return {
    money: (usd) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency: 'USD',
        // A cent is a lot for one image; of a month's sum, nobody asks for its tenths.
        maximumFractionDigits: Math.abs(usd) < 1 ? 4 : 2,
      }).format(usd),
    number: (value, options) => new Intl.NumberFormat(locale, options).format(value),
    bytes: (bytes) => {
      const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), BYTE_UNITS.length - 1);
      return unit(bytes / 1000 ** power, BYTE_UNITS[power]!, power === 0 ? 0 : 1);
    },
    duration: (seconds) => {
      if (seconds < 60) return unit(seconds, 'second', seconds < 10 ? 1 : 0);
      return seconds < 3600 ? unit(seconds / 60, 'minute', 1) : unit(seconds / 3600, 'hour', 1);
    },
    date: (time, options = { dateStyle: 'medium' }) =>
      new Intl.DateTimeFormat(locale, options).format(new Date(time)),
    dateTime: (time) => dateTime.format(new Date(time)),
    relative: (time, now = Date.now()) => {
      const seconds = (new Date(time).getTime() - now) / 1000;
      for (const [name, length] of UNITS)
        if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), name);
      return relative.format(Math.trunc(seconds / 1) > -5 && seconds < 5 ? 0 : Math.trunc(seconds), 'second');
    },
    list: (items) => list.format(items),
  };
}
