import { expect, test } from 'vitest';
import { createSafeFetch } from '../files/safe-fetch.ts';
import { webhookUrlViolation } from './read-webhook.ts';

const why = (url: string, allowed: string[]): string | undefined => {
  const webhooks = createSafeFetch({ allowInputHosts: allowed });
  return webhookUrlViolation({ webhooks } as never, url, ['query', 'webhook'])?.msg;
};

test('without https a webhook goes only where the operator lets it, and whoever is refused learns how', () => {
  expect(why('http://receiver.example/', [])).toBe(
    'must start with https://; whoever runs this server can allow it with DARKROOM_ALLOW_WEBHOOK_HOSTS',
  );
  expect(why('http://receiver.example/', ['receiver.example'])).toBeUndefined();
  expect(why('http://localhost:3000/', ['localhost:4000'])).toMatch(/must start with https/);
  expect(why('https://10.0.0.1/', [])).toBe(
    "cannot be used: the host's address is not public; whoever runs this server can allow it with DARKROOM_ALLOW_WEBHOOK_HOSTS",
  );
  expect(why('https://10.0.0.1/', ['10.0.0.0/8'])).toBeUndefined();
});
