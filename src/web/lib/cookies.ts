/** Cookies of the page's own: two choices that the server has to know before any script runs. */
const YEAR_S = 365 * 24 * 3600;

export function readCookie(name: string): string | undefined {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** `value` has to be a plain word. */
export function writeCookie(name: string, value: string): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the other way to write one is asynchronous, and not in every browser.
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
}
