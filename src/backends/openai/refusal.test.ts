import { expect, test } from 'vitest';
import { refusal } from './refusal.ts';

const error = (
  code: string | null,
  message = 'no',
  param: string | null = null,
  type = 'invalid_request_error',
) => ({
  error: { message, type, param, code },
});
const SAFETY = 'Your request was rejected by the safety system. safety_violations=[violence, self-harm].';

test.each([
  [401, error('invalid_api_key'), 'auth'],
  [403, error(null, 'Your organization must be verified to use the model'), 'auth'],
  [404, error('model_not_found'), 'model_unavailable'],
  [404, undefined, 'model_unavailable'],
  [400, error('model_not_found'), 'model_unavailable'],
  [403, error('model_not_found'), 'model_unavailable'],
  [400, error('moderation_blocked', SAFETY, null, 'image_generation_user_error'), 'content_blocked'],
  [400, error('content_policy_violation'), 'content_blocked'],
  [400, error(null, 'Your request was rejected as a result of our safety system. '), 'content_blocked'],
  [400, error('content_filter'), 'content_blocked'],
  [400, error('invalid_value', 'Invalid value', 'size'), 'invalid_request'],
  [413, undefined, 'invalid_request'],
  [422, { detail: 'no' }, 'invalid_request'],
  [429, error('rate_limit_exceeded', 'no', null, 'requests'), 'rate_limited'],
  [429, { error: 'job queue is full' }, 'rate_limited'],
  [408, undefined, 'unavailable'],
  [409, undefined, 'unavailable'],
  [500, error(null, 'The server had an error', null, 'server_error'), 'unavailable'],
  [502, undefined, 'unavailable'],
  [503, { error: 'server_error', message: 'out of memory' }, 'unavailable'],
  [302, undefined, 'unavailable'],
])('%i %j is %s', (status, body, kind) => {
  expect(refusal({ status, headers: {}, body }, 0)).toMatchObject({ kind, exhausted: false, spent: false });
});

test.each([
  [429, error('insufficient_quota', 'You exceeded your current quota', null, 'insufficient_quota')],
  [400, error('billing_hard_limit_reached')],
  [402, undefined],
])('%i %j is a quota that waiting does not bring back', (status, body) => {
  const found = refusal({ status, headers: { 'retry-after': '1' }, body }, 0);
  expect(found).toMatchObject({ kind: 'rate_limited', exhausted: true, retryAfterMs: undefined });
});

test.each([429, 503])('%i tells when to come back', (status) => {
  expect(refusal({ status, headers: { 'retry-after': '2' }, body: undefined }, 0).retryAfterMs).toBe(2000);
});

test('the caller learns which rule was broken, and nothing of keys, hosts and paths', () => {
  const secret = 'sk-123 at http://gpu-7.internal:8000, File "/srv/app.py"';
  expect(refusal({ status: 400, headers: {}, body: error('invalid_value', secret, 'size') }, 0).message).toBe(
    'The image service rejected the request (size: invalid_value).',
  );
  expect(refusal({ status: 400, headers: {}, body: error('moderation_blocked', SAFETY) }, 0).message).toBe(
    'The image service refused the content (violence, self-harm).',
  );
  for (const status of [400, 401, 404, 429, 500])
    for (const body of [error(secret, secret, secret, secret), { error: secret }, { detail: secret }])
      expect(refusal({ status, headers: {}, body }, 0).message).not.toMatch(/sk-|gpu-7|app\.py/);
});

test('a refused key is not repeated in what is logged', () => {
  const found = refusal(
    { status: 401, headers: {}, body: error('invalid_api_key', 'Incorrect key: sk-123') },
    0,
  );
  expect((found.cause as Error).message).toBe('the API answered 401: invalid_api_key');
});
