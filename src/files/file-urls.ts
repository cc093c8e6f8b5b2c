/** Addresses of files: `/files/<id>/<name>`; the id alone counts, the name is for people and for saving. */

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/tiff': 'tiff',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
};

export const extensionOf = (contentType: string): string => EXTENSIONS[contentType] ?? 'bin';

/** The path of a file, which is also how an input that is one of ours is stored: it stays right when the host changes. */
export const filePath = (file: { id: string; kind: string; content_type: string | null }): string =>
  `/files/${file.id}/${file.kind}.${extensionOf(file.content_type ?? '')}`;

/** The id in a stored path of ours (see `ownFilePath`); undefined for any other URL. */
export const fileIdOfUrl = (url: string): string | undefined =>
  /^\/files\/([0-9a-z]{32})(?:\/|$)/.exec(url)?.[1];

/**
 * The path of `url` if it is one of this server's own file URLs below any of `baseUrls`.
 * Own files are read from the store, never fetched: this server's address may well be a private one.
 */
export function ownFilePath(url: string, baseUrls: readonly string[]): string | undefined {
  const parsed = URL.parse(url);
  if (!parsed) return undefined;
  for (const baseUrl of baseUrls) {
    const base = URL.parse(baseUrl);
    const prefix = base?.pathname.replace(/\/$/, '') ?? '';
    if (base?.origin !== parsed.origin || !parsed.pathname.startsWith(prefix)) continue;
    const path = parsed.pathname.slice(prefix.length);
    if (fileIdOfUrl(path)) return path;
  }
  return undefined;
}
