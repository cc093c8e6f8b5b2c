/** What has to be arranged with the browser before the app runs. */

/**
 * Lets components that lock the page's scrolling add their style under the page's policy: they take the nonce from this
 * global. What React and they set on elements goes through the DOM, and needs none.
 */
export function allowOwnStyles(): void {
  const nonce = document.querySelector<HTMLElement>('[nonce]')?.nonce;
  if (nonce) Object.assign(globalThis, { __webpack_nonce__: nonce });
}

const RELOADED_AT = 'darkroom.reloaded';
const AT_MOST_EVERY_MS = 30_000;

/** A page that was opened before the server was updated asks for files that are gone: it is loaded again, not in a circle. */
export function reloadForNewVersion(): void {
  addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(RELOADED_AT));
    if (Date.now() - last < AT_MOST_EVERY_MS) return;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}
