/** Accounts and keys on a running server, as an operator and an admin make them. */
import type { NewAccount } from '../../src/accounts/accounts.ts';
import { call } from './api.ts';
import { addAccount, peekInto, type TestAccount } from './database.ts';
import type { TestServer } from './server.ts';

/** An account of its own, with a key that may do everything. */
export async function makeAccount(
  server: Pick<TestServer, 'url' | 'dataDir'>,
  account: Partial<NewAccount> = {},
): Promise<Pick<TestServer, 'url'> & TestAccount> {
  return { url: server.url, ...(await addAccount(server.dataDir, { name: 'another account', ...account })) };
}

/** A key made over the API. @throws when that is refused. */
export async function makeKey(
  server: Pick<TestServer, 'url' | 'key'>,
  fields: Record<string, unknown> = {},
): Promise<{ id: string; key: string }> {
  const answer = await call(server, '/v1/keys', { json: { name: 'a key', ...fields } });
  if (answer.status !== 201)
    throw new Error(`making a key answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Rows of one statement on the server's database. */
export async function rowsOf<Row>(
  server: Pick<TestServer, 'dataDir'>,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  await using peek = await peekInto(server.dataDir);
  return peek.rows<Row>(text, values);
}
