/** Light, dark, or as the system has it. Colours follow `data-theme` on the root element: styles/tokens.css. */
import { useSyncExternalStore } from 'react';
import { readCookie, writeCookie } from './cookies.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The server reads it too, so that the first paint is right. */
const COOKIE = 'darkroom_theme';
const listeners = new Set<() => void>();

function currentTheme(): Theme {
  const kept = readCookie(COOKIE);
  return THEMES.find((theme) => theme === kept) ?? 'system';
}

export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset.theme = theme;
}

export function chooseTheme(theme: Theme): void {
  writeCookie(COOKIE, theme);
  applyTheme(theme);
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
