import { expect, test } from 'vitest';
import { startTestDatabase } from '../../test/support/test-database.ts';
import { createAccount, ensureFirstKey, findOperator, getAccount } from './accounts.ts';

test("the first account is the operator's where it is the one that a first start makes, and no other", async () => {
  await using database = await startTestDatabase();
  const { db } = database;
  const isOperator = async (name: string) =>
    (await getAccount(db, await createAccount(db, { name })))!.operator;
  const empty = () => database.peek.rows('delete from accounts');
  expect([await isOperator('default'), await isOperator('partner'), await isOperator('default')]).toEqual([
    true,
    false,
    false,
  ]);
  await empty();
  // Made on the command line before the first start, for somebody else perhaps.
  expect([await isOperator('partner'), await isOperator('default')]).toEqual([false, false]);
  expect([await ensureFirstKey(db, undefined), await findOperator(db)]).toEqual([undefined, undefined]);
  await empty();
  await ensureFirstKey(db, undefined);
  expect((await getAccount(db, (await findOperator(db))!))!.name).toBe('default');
});
