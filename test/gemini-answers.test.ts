/** Each row of the table of Gemini's answers, by the fake and through the backend. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BackendError, BackendError as Failure } from '../src/backends/backend.ts';
import { createGeminiBackend } from '../src/backends/gemini/gemini.ts';
import { context, round } from '../src/backends/sandbox/test-round.ts';
import {
  type Answer,
  badArgument,
  badKey,
  dayIsSpent,
  ended,
  failing,
  type GeminiFake,
  images,
  internal,
  noCredit,
  noFreeTier,
  noModel,
  notJson,
  overloaded,
  promptBlocked,
  rateLimited,
  startGeminiFake,
  suspended,
  unknownCredential,
  upstreamTimeout,
} from './fakes/gemini.ts';

const MODEL = 'gemini-3-pro-image';
let fake: GeminiFake;

beforeEach(async () => {
  fake = await startGeminiFake();
});
afterEach(async () => fake.close());

const ask = () =>
  createGeminiBackend({ apiKeys: ['AIzaOne'], baseUrl: fake.url }).generate(
    round({ upstreamModel: MODEL, resolution: '1K' }),
    context(),
  );

async function failure(answer: Answer): Promise<BackendError> {
  fake.script(answer);
  const error = await ask().then(
    () => undefined,
    (caught) => caught,
  );
  expect(error).toBeInstanceOf(Failure);
  expect(fake.calls).toHaveLength(1);
  expect(fake.paidCalls).toBe(0);
  expect((error as BackendError).spent).toBe(false);
  return error as BackendError;
}

test.each([
  'PROHIBITED_CONTENT',
  'SAFETY',
  'IMAGE_SAFETY',
  'BLOCKLIST',
  'OTHER',
  'JAILBREAK',
  'SOME_REASON_OF_TOMORROW',
])('a prompt blocked for %s is refused content, with the reason', async (reason) => {
  const { kind, message } = await failure(promptBlocked(reason));
  expect(kind).toBe('content_blocked');
  expect(message).toMatch(new RegExp(`^Gemini refused the content: .+ \\(${reason}\\)\\.$`));
});

test.each([
  'SAFETY',
  'IMAGE_SAFETY',
  'PROHIBITED_CONTENT',
  'IMAGE_PROHIBITED_CONTENT',
  'BLOCKLIST',
  'SPII',
  'RECITATION',
  'IMAGE_RECITATION',
])('a candidate that ended with %s is refused content, with the reason', async (reason) => {
  const { kind, message } = await failure(ended(reason));
  expect(kind).toBe('content_blocked');
  expect(message).toMatch(new RegExp(`^Gemini refused the content: .+ \\(${reason}\\)\\.$`));
});

test.each(['NO_IMAGE', 'IMAGE_OTHER', 'OTHER', 'STOP', 'MALFORMED_RESPONSE', 'MAX_TOKENS', 'LANGUAGE'])(
  'a candidate that ended with %s and only words gave no image, and its words are told',
  async (reason) => {
    const { kind, message } = await failure(ended(reason, 'I cannot draw the number zero.'));
    expect(kind).toBe('no_output');
    expect(message).toMatch(
      new RegExp(`^Gemini gave no image: .+ \\(${reason}\\)\\. It said: I cannot draw`),
    );
  },
);

test('words without end are cut where they are told', async () => {
  const { message } = await failure(ended('STOP', 'no '.repeat(5000)));
  expect(message.length).toBeLessThan(700);
});

test.each([
  ['nothing at all', {}],
  ['no candidates', { candidates: [] }],
  ['parts that are no list', { candidates: [{ content: { parts: 'x' }, finishReason: 7 }] }],
  [
    'an image that is none',
    {
      candidates: [
        {
          content: { parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
          finishReason: 'STOP',
        },
      ],
    },
  ],
  ['a list', []],
])('an answer of %s gave no image', async (_, body) => {
  const { kind, message } = await failure(() => ({ status: 200, body }));
  expect(kind).toBe('no_output');
  expect(message).toMatch(/^Gemini gave no image/);
});

test('drafts alone are no image', async () => {
  fake.script(images({ images: 0, drafts: 2 }));
  await expect(ask()).rejects.toMatchObject({ kind: 'no_output' });
});

test('pictures that came are taken although the candidate ended oddly', async () => {
  fake.script(images({ finishReason: 'MAX_TOKENS' }));
  expect((await ask()).outputs).toHaveLength(1);
});

test('400 is a request that Gemini does not take, in its words without what is nobody else’s', async () => {
  const { kind, message } = await failure(
    badArgument(
      'Unable to process input image at https://internal.example.com/a/b for projects/acme-123/locations/x of AIzaSyD4mmyKeyThatIsNone012345678901.',
    ),
  );
  expect(kind).toBe('invalid_request');
  expect(message).toMatch(/^Gemini rejected the request: Unable to process input image at/);
  expect(message).not.toMatch(/https|example|acme|AIza/);
});

test.each([
  ['a bad key', badKey()],
  ['an expired key', failing(400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.')],
  [
    'a country without Gemini',
    failing(400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  ],
  ['401', unknownCredential()],
  ['403', failing(403, 'PERMISSION_DENIED', 'Your project has been denied access.')],
  ['403 for a suspended key', suspended('AIzaOne')],
])('%s is a fault of the credentials, and tells the caller nothing of them', async (_, answer) => {
  const { kind, message } = await failure(answer);
  expect(kind).toBe('auth');
  expect(message).toBe('Gemini refused the credentials of this server.');
});

test('404 is a model that is gone, for the next candidate', async () => {
  const { kind, message } = await failure(noModel(MODEL));
  expect(kind).toBe('model_unavailable');
  expect(message).not.toContain('v1beta');
});

test('429 is waited out for as long as RetryInfo says', async () => {
  const { kind, exhausted, retryAfterMs } = await failure(rateLimited('34.4s'));
  expect({ kind, exhausted }).toEqual({ kind: 'rate_limited', exhausted: false });
  expect(retryAfterMs).toBeGreaterThan(33_000);
  expect(retryAfterMs).toBeLessThanOrEqual(34_400);
});

test('429 that does not say for how long is waited out for some seconds', async () => {
  const { retryAfterMs } = await failure(
    failing(429, 'RESOURCE_EXHAUSTED', 'Resource exhausted. Please try again later.'),
  );
  expect(retryAfterMs).toBeGreaterThan(1000);
  expect(retryAfterMs).toBeLessThanOrEqual(5000);
});

test.each([
  ['the quota of a day', dayIsSpent('47s')],
  ['a quota of nothing', noFreeTier()],
  ['the credit', noCredit()],
])('%s being spent is not waited out: the next candidate is to be taken', async (_, answer) => {
  const { kind, exhausted } = await failure(answer);
  expect({ kind, exhausted }).toEqual({ kind: 'rate_limited', exhausted: true });
});

test.each([
  [500, internal()],
  [503, overloaded()],
  [504, upstreamTimeout()],
  [502, notJson(502)],
])('%i is an outage, to be tried again', async (_, answer) => {
  const { kind, message, exhausted } = await failure(answer);
  expect({ kind, message, exhausted }).toEqual({
    kind: 'unavailable',
    message: 'Gemini is not available right now.',
    exhausted: false,
  });
});

test('an outage that says when it ends is believed', async () => {
  const { retryAfterMs } = await failure(
    failing(503, 'UNAVAILABLE', 'The model is overloaded.', undefined, { 'retry-after': '7' }),
  );
  expect(retryAfterMs).toBe(7000);
});

test('an error that a relay put into an answer of 200 is that error', async () => {
  const body = { error: { code: 429, message: 'Please retry in 12s.', status: 'RESOURCE_EXHAUSTED' } };
  const { kind, retryAfterMs } = await failure(() => ({ status: 200, body }));
  expect(kind).toBe('rate_limited');
  expect(retryAfterMs).toBeGreaterThan(11_000);
});
