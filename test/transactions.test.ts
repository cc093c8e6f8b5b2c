/** Whichever of two transactions the server gives up, so that the other can go on, is tried again. */
import { beforeEach, expect, test } from 'vitest';
import { statement } from '../src/db/database.ts';
import { eventually } from './support/database.ts';
import { database, setStage } from './support/stage.ts';

setStage();

const texts = async (): Promise<string[]> =>
  (await database.peek.rows('select text from notes order by id')).map(({ text }) => text);
const WAITING = `select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock'`;

beforeEach(() =>
  database.peek.script(
    `drop table if exists notes; create table notes (id int primary key, text text); insert into notes values (1, 'one'), (2, 'two')`,
  ),
);

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
      await tx.rows(change, [other, '?']);
    });
  };
  await Promise.all([both(1, 2), both(2, 1)]);
  // The victim may be back before the other has woken, and meet it once more.
  expect(runs).toBeGreaterThanOrEqual(3);
  expect((await texts()).map((text) => text.length)).toEqual(['one!?'.length, 'two!?'.length]);
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
    await tx.rows(never);
    await tx.rows(change, [1, '+']);
    alone ??= database.db.rows(backwards);
    if (runs === 1) await eventually(async () => (await database.peek.row(WAITING)).waiting > 0);
    await tx.rows(change, [2, '+']);
  });
  await alone;
  expect(runs).toBe(1);
  const marks = (await texts()).map((text) => [...text.replace(/[a-z]/g, '')].sort().join(''));
  expect(marks).toEqual(['#+', '#+']);
});
