/** Submits that come together share a transaction, and each is decided over by itself: what is refused leaves nothing behind. */
import { expect, test } from 'vitest';
import type { Identity } from '../src/accounts/authenticate.ts';
import { ApiError } from '../src/errors.ts';
import { admit } from '../src/requests/admit.ts';
import type { Submission, SubmitAnswer } from '../src/requests/submission.ts';
import { TEXT_TO_IMAGE } from './support/api.ts';
import { database, setStage } from './support/stage.ts';
import { submissionOf } from './support/submission.ts';
import { addIdentity } from './support/test-database.ts';

setStage();

const POOL = 'nobody';
const submission = (identity: Identity, change: Partial<Submission> = {}): Submission =>
  submissionOf(identity, POOL, {
    input: { prompt: 'a "test", with \\ and {braces}' },
    reserve: 100,
    ...change,
  });
const key = (name: string, body = 'the same') => ({
  idempotency: { key: name, fingerprint: Buffer.from(body.padEnd(32)) },
});

/** `in`, `replayed` or the status of the refusal. */
const outcomes = (answers: (SubmitAnswer | ApiError)[]): (string | number)[] =>
  answers.map((answer) => (answer instanceof ApiError ? answer.status : answer.replayed ? 'replayed' : 'in'));
const places = ({ accountId }: Identity) =>
  database.peek.rows('select place::int, input from requests where account_id = $1 order by place', [
    accountId,
  ]);
const lane = ({ accountId }: Identity) =>
  database.peek.row('select queued, enqueued::int from lanes where account_id = $1', [accountId]);
const reserved = async (ownerId: string): Promise<number> =>
  (await database.peek.row('select reserved::int from spending where owner_id = $1', [ownerId])).reserved;

test('of one batch some come in, each at its place, and each of the others is told why it does not', async () => {
  const { db, peek } = database;
  const free = await addIdentity(db);
  const full = await addIdentity(db, { maxQueued: 2 });
  const poor = await addIdentity(db, { monthlyBudget: 250 });
  const [first] = (await admit(db, [submission(free, key('used'))])) as SubmitAnswer[];
  const answers = await admit(db, [
    submission(full, { input: { prompt: 'first' } }),
    submission(poor, { reserve: 200 }),
    submission(free, key('used')),
    submission(free, key('used', 'another body')),
    submission(full, { input: { prompt: 'second' } }),
    submission(full, key('no room')),
    submission(poor, { reserve: 100, ...key('no money') }),
    submission(poor, { reserve: 50 }),
    submission(free, key('fresh')),
  ]);
  expect(outcomes(answers)).toEqual(['in', 'in', 'replayed', 422, 'in', 429, 402, 'in', 'in']);
  expect((answers[2] as SubmitAnswer).requestId).toBe(first!.requestId);
  expect((answers[6] as ApiError).message).toMatch(
    'has 0.00005 USD left of 0.00025 USD; this request may cost 0.0001 USD',
  );

  expect(await places(full)).toEqual([
    { place: 1, input: { prompt: 'first' } },
    { place: 2, input: { prompt: 'second' } },
  ]);
  expect((await places(free)).map(({ place }) => place)).toEqual([1, 2]);
  expect(await lane(full)).toEqual({ queued: 2, enqueued: 2 });
  expect(await lane(free)).toEqual({ queued: 2, enqueued: 2 });
  expect([
    await reserved(full.accountId),
    await reserved(poor.accountId),
    await reserved(poor.keyId),
  ]).toEqual([200, 250, 250]);
  const keys = await peek.rows('select key from idempotency_keys order by key');
  expect(keys.map((row) => row.key)).toEqual(['fresh', 'used']);
});

test('what is kept of a request is what came', async () => {
  const { db, peek } = database;
  const identity = await addIdentity(db);
  const change: Partial<Submission> = {
    input: { prompt: '{"nested", \\"quoted\\"} NULL ünï', seed: 9007199254740991 },
    warnings: [{ message: 'a, "quoted" {warning}' }] as never,
    webhook: {
      url: 'https://a.example/?a={b},"c"',
      origin: 'https://a.example',
      intermediate: true,
      base_url: 'http://b',
    },
    syncMode: true,
    seed: 9007199254740991,
    rounds: 4,
    reserve: 123_456_789_012,
  };
  const [answer] = (await admit(db, [submission(identity, change)])) as SubmitAnswer[];
  const row = await peek.row(
    'select input::text, warnings, webhook, sync_mode, seed, rounds, reserved, trace, state, account_id, key_id, model_id, pool from requests where id = $1',
    [answer!.requestId],
  );
  expect(row).toEqual({
    input: JSON.stringify(change.input),
    warnings: change.warnings,
    webhook: change.webhook,
    sync_mode: true,
    seed: change.seed,
    rounds: 4,
    reserved: change.reserve,
    trace: null,
    state: 'queued',
    account_id: identity.accountId,
    key_id: identity.keyId,
    model_id: TEXT_TO_IMAGE,
    pool: POOL,
  });
});

test('a limit that was changed while a batch came together holds for all of it', async () => {
  const { db } = database;
  const before = await addIdentity(db, { maxQueued: 5, monthlyBudget: 1000 });
  const after = { ...before, maxQueued: 3, accountBudget: 250 };
  const answers = await admit(
    db,
    [before, after, before, after].map((identity) => submission(identity)),
  );
  expect(outcomes(answers)).toEqual(['in', 'in', 402, 429]);
  expect(await lane(before)).toEqual({ queued: 2, enqueued: 2 });
});
