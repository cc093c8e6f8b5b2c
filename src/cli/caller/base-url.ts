import { CommandError } from '../command-error.ts';

/** In one form, so that a login is found however its server is written. @throws when it is no such address. */
export function readBaseUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol) || url.host === '')
    throw new CommandError(
      `The address of a server begins with http:// or https://, such as http://localhost:8080; this is ${JSON.stringify(text)}.`,
    );
  if (url.username || url.password || url.search || url.hash)
    throw new CommandError('The address of a server has no user, password, question mark or # in it.');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** Whether what is sent there stays on this machine. */
export const isLoopback = (baseUrl: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(baseUrl).hostname);
