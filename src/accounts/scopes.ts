/** What a key may do. Each scope includes the ones after it: who may generate may also read what came of it. */
export const SCOPES = ['admin', 'generate', 'read'] as const;
export type Scope = (typeof SCOPES)[number];

export function includesScope(held: readonly Scope[], needed: Scope): boolean {
  return held.some((scope) => SCOPES.indexOf(scope) <= SCOPES.indexOf(needed));
}
