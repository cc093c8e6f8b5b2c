/** The browser's session, as the server tells it. The token itself is in a cookie that no script sees. */
import type { Scope } from '../../client/index.ts';
import { callApi } from '../lib/call-api.ts';

/** An account that this browser is signed in to. */
export interface SignedIn {
  account: { id: string; name: string; operator: boolean };
  key: { id: string; name: string; scopes: Scope[] };
  signed_in_by: 'api_key' | 'link' | 'authorization';
  /** What is left this month in USD; null where there is no limit. */
  budget: {
    key_remaining_usd: number | null;
    account_remaining_usd: number | null;
    remaining_usd: number | null;
  };
  created_at: string | null;
  expires_at: string | null;
}

interface SessionAnswer {
  accounts: SignedIn[];
}

export const readSession = (): Promise<SessionAnswer> => callApi('/v1/session');

export const openSession = (proof: { api_key: string } | { link: string }): Promise<SessionAnswer> =>
  callApi('/v1/session', { method: 'POST', json: proof });

export const closeSession = (accountId: string): Promise<void> =>
  callApi('/v1/session', { method: 'DELETE', accountId });
