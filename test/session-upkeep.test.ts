/** What keeps sessions alive, and what clears away those that have ended. */
import { expect, test } from 'vitest';
import { createAuthenticator } from '../src/accounts/authenticate.ts';
import { createKey, type NewKey, revokeKey } from '../src/accounts/keys.ts';
import { createSession } from '../src/accounts/sessions.ts';
import { createSignInLink } from '../src/accounts/sign-in-links.ts';
import { sweep } from '../src/background/sweep.ts';
import { database, setStage, stage } from './support/stage.ts';
import { addIdentity, silent } from './support/test-database.ts';

const TIMES = { sessionIdleMs: 60 * 60_000, sessionLifetimeMs: 24 * 60 * 60_000 };

setStage();

const minutesUnseen = async (): Promise<number> =>
  (
    await database.peek.row(
      'select round(extract(epoch from now() - min(seen_at)) / 60)::int as minutes from sessions',
    )
  ).minutes;

test('using a session keeps it alive', async () => {
  const { keyId } = await addIdentity(database.db);
  const token = await createSession(database.db, keyId);
  const open = () =>
    createAuthenticator(database.db, stage.notifications, { maxRunning: 1, maxQueued: 1, ...TIMES });
  for (let round = 0; round < 3; round++) {
    await database.peek.rows(`update sessions set seen_at = now() - interval '50 minutes'`);
    await using authenticator = open();
    expect((await authenticator.identifySession(token)).keyId).toBe(keyId);
    await authenticator.flush();
    expect(await minutesUnseen()).toBe(0);
  }
  await database.peek.rows(`update sessions set seen_at = now() - interval '61 minutes'`);
  await using authenticator = open();
  await expect(async () => authenticator.identifySession(token)).rejects.toThrow(/after a while/);
  // Nor does trying bring it back.
  await authenticator.flush();
  expect(await minutesUnseen()).toBe(61);
  await database.peek.rows('delete from sessions');
});

test('the sweep clears away what has ended, and nothing else', async () => {
  const { db, peek } = database;
  const { accountId } = await addIdentity(db);
  const session = async (key: Partial<NewKey> = {}): Promise<{ keyId: string; id: string }> => {
    const { row } = await createKey(db, { accountId, name: 'a key', scopes: ['read'], ...key });
    await createSession(db, row.id);
    return { keyId: row.id, id: (await peek.row('select id from sessions where key_id = $1', [row.id])).id };
  };
  const [used, unused, old, revoked] = [await session(), await session(), await session(), await session()];
  await session({ expiresAt: '2020-01-01T00:00:00Z' });
  const justUsed = `seen_at = now() - interval '59 minutes', created_at = now() - interval '23 hours'`;
  await peek.rows(`update sessions set ${justUsed} where id = $1`, [used.id]);
  await peek.rows(`update sessions set seen_at = now() - interval '61 minutes' where id = $1`, [unused.id]);
  await peek.rows(`update sessions set created_at = now() - interval '25 hours' where id = $1`, [old.id]);
  await revokeKey(db, accountId, revoked.keyId);
  await createSignInLink(db, accountId, 60_000);
  await createSignInLink(db, accountId, -1);

  await sweep({
    db,
    notifications: stage.notifications,
    store: stage.store,
    log: silent,
    outputRetentionMs: 0,
    requestRetentionMs: 0,
    webhookRetentionMs: 0,
    ...TIMES,
  });

  expect(await peek.rows('select id from sessions')).toEqual([{ id: used.id }]);
  expect(await peek.rows('select expires_at > now() as works from sign_in_links')).toEqual([{ works: true }]);
});
