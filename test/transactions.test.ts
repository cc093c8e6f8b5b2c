/** Statements of one transaction go out together: what became of each is still told, and all of it is kept or none. */
import { expect, test } from 'vitest';
import { statement } from '../src/db/database.ts';
import { errors } from '../src/errors.ts';
import { eventually } from './support/database.ts';
import { database, setStage } from './support/stage.ts';

setStage();

const make = statement('make_notes', 'create table if not exists notes (id int primary key, text text)');
const add = statement<{ id: number }>(
  'add_note',
  'insert into notes (id, text) values ($1, $2) returning id',
);
const texts = async (): Promise<string[]> =>
  (await database.peek.rows('select text from notes order by id')).map(({ text }) => text);
const UNIQUE_VIOLATION = '23505';
const WAITING = `select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock'`;

test('what was sent without waiting for it is kept with the rest', async () => {
  await database.db.rows(make);
  const first = await database.db.transaction(async (tx) => {
    const added = tx.row(add, [1, 'awaited']);
    tx.send(add, [2, 'sent']);
    return (await added)!.id;
  });
  expect(first).toBe(1);
  expect(await texts()).toEqual(['awaited', 'sent']);
});

test('where something sent fails, the transaction fails with its error and keeps nothing', async () => {
  const failing = database.db.transaction(async (tx) => {
    await tx.row(add, [3, 'before']);
    tx.send(add, [1, 'twice']);
    tx.send(add, [4, 'after']);
  });
  await expect(failing).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
  expect(await texts()).toEqual(['awaited', 'sent']);
});

test('nor is what was sent behind a statement that fails', async () => {
  const failing = database.db.transaction(async (tx) => {
    const twice = tx.row(add, [1, 'twice']);
    tx.send(add, [6, 'behind it']);
    await twice;
  });
  await expect(failing).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
  expect(await texts()).toEqual(['awaited', 'sent']);
});

test('a statement that is refused because one before it failed is not what is told, and works the next time', async () => {
  const late = statement<{ one: number }>('asked_first_after_a_failure', 'select 1 as one');
  const failing = database.db.transaction(async (tx) => {
    tx.send(add, [1, 'twice']);
    return tx.row(late);
  });
  await expect(failing).rejects.toMatchObject({ code: UNIQUE_VIOLATION });
  expect(await Promise.all(Array.from({ length: 20 }, () => database.db.row(late)))).toEqual(
    Array(20).fill({ one: 1 }),
  );
});

test('work that gives up keeps nothing of what it has sent, and its own error is told', async () => {
  const refused = database.db.transaction(async (tx) => {
    tx.send(add, [5, 'sent']);
    throw errors.conflict('Not now.', 1);
  });
  await expect(refused).rejects.toMatchObject({ status: 409 });
  expect(await texts()).toEqual(['awaited', 'sent']);
});

test('the victim of a deadlock is tried again, and both are kept', async () => {
  const change = statement('change_note', 'update notes set text = text || $2 where id = $1');
  const met = Promise.withResolvers<void>();
  let first = 0;
  let runs = 0;
  const both = async (one: number, other: number): Promise<void> => {
    await database.db.transaction(async (tx) => {
      runs++;
      await tx.rows(change, [one, '!']);
      if (++first === 2) met.resolve();
      await met.promise;
      tx.send(change, [other, '?']);
    });
  };
  await Promise.all([both(1, 2), both(2, 1)]);
  // The victim may be back before the other has woken, and meet it once more.
  expect(runs).toBeGreaterThanOrEqual(3);
  expect((await texts()).map((text) => text.length)).toEqual(['awaited!?'.length, 'sent!?'.length]);
});

test('a statement by itself that is the victim of a deadlock is tried again', async () => {
  const change = statement('change_note', 'update notes set text = text || $2 where id = $1');
  // It has the second and then wants the first, where the transaction has the first and then wants the second. Each looks for a
  // deadlock once, when it has waited for its time: this one finds it.
  const backwards = statement(
    'change_notes_backwards',
    `with second as (
       update notes set text = text || '#' where id = 2 returning set_config('deadlock_timeout', '3s', true)
     )
     update notes set text = text || '#' where id = 1 and (select count(*) from second) = 1`,
  );
  const never = statement('look_late', `select set_config('deadlock_timeout', '60s', true)`);
  let alone: Promise<unknown> | undefined;
  let runs = 0;
  await database.db.transaction(async (tx) => {
    runs++;
    await Promise.all([tx.rows(never), tx.rows(change, [1, '+'])]);
    alone ??= database.db.rows(backwards);
    if (runs === 1) await eventually(async () => (await database.peek.row(WAITING)).waiting > 0);
    tx.send(change, [2, '+']);
  });
  await alone;
  expect(runs).toBe(1);
  const marks = (await texts()).map((text) => [...text.replace(/[a-z!?]/g, '')].sort().join(''));
  expect(marks).toEqual(['#+', '#+']);
});
