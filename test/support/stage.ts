/** A database and a stage on it, for test files that need one of each. */
import { afterAll, beforeAll } from 'vitest';
import { startTestDatabase, type TestDatabase } from './test-database.ts';
import { openStage, type Stage } from './test-worker.ts';

// Bindings of a module are live: a test file imports them, and finds in them what the hooks below have made.
export let database: TestDatabase;
export let stage: Stage;

/** Has the stage set before the tests of the file that calls this, and cleared after them. */
export function setStage(): void {
  beforeAll(async () => {
    database = await startTestDatabase();
    stage = await openStage(database);
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
}
