/** Why the embedded PostgreSQL cannot be used, in words for the operator: no stack is needed to act on it. */
export class EmbeddedPostgresError extends Error {
  override name = 'EmbeddedPostgresError';
}

export const USE_YOUR_OWN = 'set DATABASE_URL to use a PostgreSQL of your own';

/** The `code` of a system or database error: `ENOENT`, `57P03`. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
