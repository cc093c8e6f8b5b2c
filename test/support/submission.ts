/** What a test submits where nobody reads it from a call. */
import type { Identity } from '../../src/accounts/authenticate.ts';
import type { Submission } from '../../src/requests/submission.ts';
import { TEXT_TO_IMAGE } from './api.ts';

/** Of one picture, but for `change`. */
export const submissionOf = (
  identity: Identity,
  pool: string,
  change: Partial<Submission> = {},
): Submission => ({
  identity,
  modelId: TEXT_TO_IMAGE,
  pool,
  input: { prompt: 'a test' },
  warnings: [],
  syncMode: false,
  seed: 1,
  rounds: 1,
  reserve: 0,
  fileIds: [],
  idempotency: undefined,
  ...change,
});
