/** Paths of this server's files: docs/api.md. */
const OWN_FILE = /^\/files\/[a-z0-9]{32}\/[^/]+$/;

/** Where the browser can show `url` from, or undefined: the page asks no host but its own for anything. */
export function ownPicture(url: string): string | undefined {
  if (/^(?:data:image\/|blob:)/.test(url)) return url;
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  // The server may have a public name besides the one that this page was opened by.
  return origin === location.origin ? url : OWN_FILE.test(pathname) ? pathname : undefined;
}

/** Whether it is a file of this server, not just one of its pages. */
export const isOwnFile = (url: string): boolean =>
  URL.canParse(url) && new URL(url).origin === location.origin && OWN_FILE.test(new URL(url).pathname);

/** Bytes of a data URI; the page's policy forbids to fetch one. */
export function dataToFile(uri: string, name: string): File {
  const comma = uri.indexOf(',');
  const type = /^data:([^;,]*)/.exec(uri)?.[1] ?? '';
  const binary = atob(uri.slice(comma + 1));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new File([bytes], `${name}.${type.split('/')[1] ?? 'bin'}`, { type });
}
