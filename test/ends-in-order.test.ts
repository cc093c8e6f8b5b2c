/** The order in which ends are told, while transactions that write them overlap. */
import pg from 'pg';
import { expect, test } from 'vitest';
import { clientOptions } from '../src/db/connection.ts';
import { uuidv7 } from '../src/lib/ids.ts';
import { type Place, placeOfEnd, placeOfNow, readEnds } from '../src/requests/read-ends.ts';
import { addIdentity, startTestDatabase, type TestDatabase } from './support/test-database.ts';

async function transaction(
  { target }: TestDatabase,
  applicationName: string,
  cleanup: AsyncDisposableStack,
): Promise<pg.Client> {
  const client = new pg.Client(clientOptions(target, applicationName));
  await client.connect();
  cleanup.defer(() => client.end());
  await client.query('begin');
  return client;
}

test('an end that is seen late is not passed over: those after it wait, but for no other transaction', async () => {
  await using database = await startTestDatabase();
  await using cleanup = new AsyncDisposableStack();
  const { db } = database;
  const { accountId, keyId } = await addIdentity(db);
  const end = async (client: pg.Client): Promise<string> => {
    const id = uuidv7();
    await client.query(
      `insert into usage (request_id, account_id, key_id, model_id, outcome, outputs, cost) values ($1, $2, $3, 'x', 'failed', 0, 0)`,
      [id, accountId, keyId],
    );
    return id;
  };
  const read = async (after: Place, limit = 10): Promise<string[]> =>
    (await readEnds(db, [{ accountId, after }], limit))[0]!.map(({ request_id }) => request_id);

  const start = await placeOfNow(db);
  const early = await transaction(database, 'darkroom', cleanup);
  const late = await transaction(database, 'darkroom', cleanup);
  const second = await end(late);
  await late.query('commit');
  expect(await read(start)).toEqual([]);
  const first = await end(early);
  await early.query('commit');
  expect(await read(start)).toEqual([first, second]);
  expect(await read(start, 1)).toEqual([first]);
  expect(await read((await placeOfEnd(db, accountId, first))!)).toEqual([second]);
  expect(await read((await placeOfEnd(db, accountId, second))!)).toEqual([]);
  expect(await placeOfEnd(db, (await addIdentity(db)).accountId, first)).toBeUndefined();

  // Somebody's dump may take hours.
  await transaction(database, 'pg_dump', cleanup);
  const third = await transaction(database, 'darkroom', cleanup);
  const last = await end(third);
  await third.query('commit');
  expect(await read((await placeOfEnd(db, accountId, second))!)).toEqual([last]);
});
