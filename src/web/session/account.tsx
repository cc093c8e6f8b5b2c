/** The account that acts on this page: its client, its cache, and what its key may do. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext } from 'react';
import { AuthenticationError, Darkroom, type Scope } from '../../client/index.ts';
import { ACCOUNT_HEADER, type ApiCall, callApi } from '../lib/call-api.ts';
import { refreshSession } from './session.ts';
import type { SignedIn } from './session-api.ts';

interface ActingAccount extends SignedIn {
  darkroom: Darkroom;
  /** Calls that the SDK does not know. */
  call: <Answer>(path: string, call?: Omit<ApiCall, 'accountId'>) => Promise<Answer>;
}

const AccountContext = createContext<ActingAccount | undefined>(undefined);

/** One of each for an account, so that nothing of one is ever shown as another's. */
const clients = new Map<string, { darkroom: Darkroom; queryClient: QueryClient }>();

export function AccountProvider({ signedIn, children }: { signedIn: SignedIn; children: ReactNode }) {
  const accountId = signedIn.account.id;
  const { darkroom, queryClient } = clientsOf(accountId);
  const acting: ActingAccount = {
    ...signedIn,
    darkroom,
    call: (path, call) => callApi(path, { ...call, accountId }),
  };
  return (
    <QueryClientProvider client={queryClient} key={accountId}>
      <AccountContext.Provider value={acting}>{children}</AccountContext.Provider>
    </QueryClientProvider>
  );
}

/** The account that acts. Only below the layout of signed-in pages. */
export function useAccount(): ActingAccount {
  const acting = useContext(AccountContext);
  if (!acting) throw new Error('useAccount is for pages of who is signed in');
  return acting;
}

/** The SDK's client, calling as the account that acts. */
export const useDarkroom = (): Darkroom => useAccount().darkroom;

/** Each scope includes those after it. */
const SCOPES: readonly Scope[] = ['admin', 'generate', 'read'];

/** Whether the key that was signed in with may do what `scope` allows. */
export function useMay(scope: Scope): boolean {
  return mayDo(useAccount(), scope);
}

export function mayDo({ key }: Pick<SignedIn, 'key'>, scope: Scope): boolean {
  return key.scopes.some((held) => SCOPES.indexOf(held) <= SCOPES.indexOf(scope));
}

/** Whether the pages about the whole server are open to it. */
export const isOperator = (signedIn: SignedIn): boolean =>
  signedIn.account.operator && mayDo(signedIn, 'admin');

function clientsOf(accountId: string): { darkroom: Darkroom; queryClient: QueryClient } {
  let known = clients.get(accountId);
  if (!known) {
    const darkroom = new Darkroom({
      apiKey: null,
      baseUrl: '',
      maxRetries: 2,
      headers: { [ACCOUNT_HEADER]: accountId },
    });
    known = { darkroom, queryClient: createQueryClient() };
    clients.set(accountId, known);
  }
  return known;
}

function createQueryClient(): QueryClient {
  // The session has ended: the layout follows what the server now says of it.
  const onError = (error: unknown): void => {
    if (error instanceof AuthenticationError) void refreshSession().catch(() => undefined);
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        // The SDK has tried again already, where that is worth it.
        retry: false,
      },
    },
  });
}
