/** Who is signed in, as the web app is told. */
import { type TSchema, Type } from 'typebox';
import type { Identity } from '../accounts/authenticate.ts';
import { SCOPES } from '../accounts/scopes.ts';
import { listSignedIn, type SignedIn } from '../accounts/sessions.ts';
import { toUsd } from '../lib/money.ts';
import type { ApiContext } from './context.ts';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const time = nullable(Type.String({ format: 'date-time', description: 'Null where a key was sent.' }));
const usd = nullable(Type.Number({ description: 'Null: no limit.' }));
const uuid = Type.String({ format: 'uuid' });

export const sessionSchema = Type.Object(
  {
    accounts: Type.Array(
      Type.Object({
        account: Type.Object({
          id: uuid,
          name: Type.String(),
          operator: Type.Boolean({ description: 'Its admin keys see and change the whole system.' }),
        }),
        key: Type.Object({
          id: uuid,
          name: Type.String(),
          scopes: Type.Array(Type.String({ enum: [...SCOPES] })),
        }),
        signed_in_by: Type.String({ enum: ['api_key', 'link', 'authorization'] }),
        budget: Type.Object(
          { key_remaining_usd: usd, account_remaining_usd: usd, remaining_usd: usd },
          { description: 'Of this month; the last is the smaller of the two.' },
        ),
        created_at: time,
        expires_at: { ...time, description: 'Moves on with every use, up to a last day.' },
      }),
      { description: 'The newest sign-in first; empty: signed out.' },
    ),
  },
  { title: 'Session' },
);

/** @param identities of sessions or, alone, of a key */
export async function sessionBody(
  { db, config }: Pick<ApiContext, 'db' | 'config'>,
  identities: readonly Identity[],
): Promise<{ accounts: unknown[] }> {
  if (identities.length === 0) return { accounts: [] };
  const keyIds = identities.map(({ keyId }) => keyId);
  const sessionIds = identities.flatMap(({ sessionId }) => sessionId ?? []);
  return { accounts: (await listSignedIn(db, keyIds, sessionIds, config)).map(entryOf) };
}

function entryOf(row: SignedIn): Record<string, unknown> {
  const remaining = [row.key_remaining, row.account_remaining].filter((left) => left !== null);
  return {
    account: { id: row.account_id, name: row.account_name, operator: row.operator },
    key: { id: row.key_id, name: row.key_name, scopes: row.scopes },
    signed_in_by: row.session_id === null ? 'authorization' : row.by_link ? 'link' : 'api_key',
    budget: {
      key_remaining_usd: inUsd(row.key_remaining),
      account_remaining_usd: inUsd(row.account_remaining),
      remaining_usd: inUsd(remaining.length > 0 ? Math.min(...remaining) : null),
    },
    created_at: row.created_at,
    expires_at: row.expires_at,
  };
}

const inUsd = (microUsd: number | null): number | null => (microUsd === null ? null : toUsd(microUsd));
