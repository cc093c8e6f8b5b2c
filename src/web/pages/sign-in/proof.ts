/** What was pasted to sign in with: a key, or the link that works once, whose secret stands behind the `#`. */
export function readProof(pasted: string): { api_key: string } | { link: string } | undefined {
  const text = pasted.trim();
  if (text === '') return undefined;
  const [, link] = /\/link#(\S+)$/.exec(text) ?? [];
  return link === undefined ? { api_key: text } : { link };
}
