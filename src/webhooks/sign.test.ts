/** Held against the specification's own library, which receivers use. */
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { newSecret, sign, writeSecret } from './sign.ts';

const id = fc.stringMatching(/^[a-z0-9_]{1,80}$/);
// As UTF-8 they are what they are: halves of a surrogate pair never get into JSON that is sent.
const body = fc.string({ unit: 'binary', maxLength: 500 });
const secrets = fc.array(fc.uint8Array({ minLength: 24, maxLength: 64 }), { minLength: 1, maxLength: 4 });

const verifies = (secret: Buffer, text: string, headers: object): boolean => {
  try {
    new Webhook(writeSecret(secret)).verify(text, headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
};

test('whoever knows any of the secrets can verify, and nobody else', () => {
  fc.assert(
    fc.property(secrets, id, body, (bytes, name, text) => {
      const known = bytes.map((one) => Buffer.from(one));
      const headers = sign(known, name, Date.now(), text);
      for (const secret of known) expect(verifies(secret, text, headers)).toBe(true);
      expect(verifies(newSecret(), text, headers)).toBe(false);
    }),
  );
});

test('anything changed is noticed: the body, the id, the time', () => {
  const secret = newSecret();
  fc.assert(
    fc.property(id, body, body, (name, text, other) => {
      const headers = sign([secret], name, Date.now(), text);
      expect(verifies(secret, other, headers)).toBe(other === text);
      expect(verifies(secret, text, { ...headers, 'webhook-id': `${name}x` })).toBe(false);
      const later = String(Number(headers['webhook-timestamp']) + 1);
      expect(verifies(secret, text, { ...headers, 'webhook-timestamp': later })).toBe(false);
    }),
  );
});

test('an old attempt is not taken for a new one', () => {
  const secret = newSecret();
  const [now, minute] = [Date.now(), 60_000];
  expect(verifies(secret, '{}', sign([secret], 'evt_1', now - 4 * minute, '{}'))).toBe(true);
  expect(verifies(secret, '{}', sign([secret], 'evt_1', now - 6 * minute, '{}'))).toBe(false);
});

test('the known example of the specification has its known signature', () => {
  // As given in the tests of its libraries.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  expect(writeSecret(secret)).toBe('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  const headers = sign([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, '{"test": 2432232314}');
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});
