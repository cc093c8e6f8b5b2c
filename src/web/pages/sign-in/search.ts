export interface SignInSearch {
  /** Where to go afterwards: a path of this app. */
  to?: string;
}

/** A host that there is not. */
const HERE = 'http://here.invalid';

/** Another site's address, however it is written, is left out: it is read as browsers read it. */
export function readSignInSearch({ to }: Record<string, unknown>): SignInSearch {
  if (typeof to !== 'string' || !to.startsWith('/')) return {};
  const url = URL.parse(to, HERE);
  // A path that begins with two slashes would be a host once it stands alone.
  return url?.origin === HERE && !url.pathname.startsWith('//') ? { to } : {};
}
