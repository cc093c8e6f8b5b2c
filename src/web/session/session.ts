/** Which accounts this browser is signed in to, and which of them acts in this tab. */
import { useSyncExternalStore } from 'react';
import { closeSession, openSession, readSession, type SignedIn } from './session-api.ts';

export interface Session {
  /** Newest sign-in first. */
  accounts: SignedIn[];
  active: SignedIn | undefined;
}

/** Of the account chosen last: in this tab, else in any. */
const CHOSEN = 'darkroom.account';

/** A sign-in link leads here with its account in the address: `/?account=<id>`. */
let wished: string | undefined;
let current: Session | undefined;
let loading: Promise<Session> | undefined;
const listeners = new Set<() => void>();

/** Lets the account of a sign-in link act, and takes it out of the address. Before the router reads that. */
export function followSignInLink(): void {
  const url = new URL(location.href);
  wished = url.searchParams.get('account') ?? undefined;
  if (wished === undefined) return;
  url.searchParams.delete('account');
  history.replaceState(history.state, '', url);
}

/** The session, asked for once. @throws when the server does not answer; the next call asks again. */
export function loadSession(): Promise<Session> {
  loading ??= refreshSession();
  return loading;
}

/** Asks the server again: after a 401, or when another tab may have signed in or out. */
export function refreshSession(): Promise<Session> {
  loading = readSession().then(keep);
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

export async function signIn(proof: { api_key: string } | { link: string }): Promise<Session> {
  const answer = await openSession(proof);
  remember(answer.accounts[0]?.account.id);
  return keep(answer);
}

export async function signOut(accountId: string): Promise<Session> {
  await closeSession(accountId);
  return refreshSession();
}

export function switchAccount(accountId: string): void {
  remember(accountId);
  if (current) keep(current);
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => current ?? SIGNED_OUT);
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const SIGNED_OUT: Session = { accounts: [], active: undefined };

function keep({ accounts }: Pick<Session, 'accounts'>): Session {
  // Only if it is one of them: anybody can write an address.
  if (accounts.some(({ account }) => account.id === wished)) remember(wished);
  wished = undefined;
  const chosen = sessionStorage.getItem(CHOSEN) ?? localStorage.getItem(CHOSEN);
  current = { accounts, active: accounts.find(({ account }) => account.id === chosen) ?? accounts[0] };
  loading = Promise.resolve(current);
  for (const listener of listeners) listener();
  return current;
}

function remember(accountId: string | undefined): void {
  if (accountId === undefined) return;
  sessionStorage.setItem(CHOSEN, accountId);
  localStorage.setItem(CHOSEN, accountId);
}
