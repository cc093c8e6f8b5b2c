import type { Key, Scope } from '../../../client/index.ts';

/** From the least to the most; each includes those before it. */
export const SCOPES = ['read', 'generate', 'admin'] as const satisfies readonly Scope[];

/** The most that it may do. */
export const scopeOf = ({ scopes }: Pick<Key, 'scopes'>): (typeof SCOPES)[number] =>
  SCOPES.findLast((scope) => scopes.includes(scope)) ?? 'read';
