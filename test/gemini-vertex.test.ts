/** The same by Vertex AI, with an identity of Google Cloud's instead of a key. */
import { GoogleAuth, OAuth2Client } from 'google-auth-library';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createGeminiBackend } from '../src/backends/gemini/gemini.ts';
import type { GoogleIdentity } from '../src/backends/gemini/vertex-access.ts';
import { context, round } from '../src/backends/sandbox/test-round.ts';
import { failing, type GeminiFake, startGeminiFake, unknownCredential } from './fakes/gemini.ts';

const MODEL = 'gemini-3-pro-image';
let fake: GeminiFake;

beforeEach(async () => {
  fake = await startGeminiFake();
});
afterEach(async () => fake.close());

/** google-auth-library itself, with a client that has its token already. */
function authOf(token: string): GoogleIdentity {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token, expiry_date: Date.now() + 3_600_000 });
  return new GoogleAuth({ authClient });
}

const vertex = (credentials: GoogleIdentity, apiKeys: string[] = []) =>
  createGeminiBackend({
    apiKeys,
    baseUrl: fake.url,
    vertex: { project: 'acme', location: 'europe-west4', credentials, baseUrl: fake.url },
  });
const ask = (gemini: ReturnType<typeof vertex>, upstreamModel = MODEL) =>
  gemini.generate(round({ upstreamModel, resolution: '1K' }), context());

test('a round goes to the project and place it belongs to, with a token', async () => {
  const { outputs, costUsd } = await ask(vertex(authOf('ya29.ours')));
  expect(outputs).toHaveLength(1);
  expect(costUsd).toBeGreaterThan(0.13);
  expect(fake.calls[0]).toMatchObject({
    credential: 'ya29.ours',
    path: `/v1beta1/projects/acme/locations/europe-west4/publishers/google/models/${MODEL}:generateContent`,
  });
});

test.each([
  ['global', 'aiplatform.googleapis.com'],
  ['eu', 'aiplatform.eu.rep.googleapis.com'],
  ['europe-west4', 'europe-west4-aiplatform.googleapis.com'],
])('%s is at %s', async (location, host) => {
  const asked: string[] = [];
  const gemini = createGeminiBackend({
    apiKeys: [],
    vertex: { project: 'acme', location, credentials: authOf('ya29.ours') },
    fetch: async (url) => {
      asked.push(new URL(url).host);
      return Response.json({}, { status: 500 });
    },
  });
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(asked).toEqual([host]);
});

test('an identity that Google does not take is a fault of the credentials', async () => {
  fake.credential('ya29.stale', unknownCredential());
  await expect(ask(vertex(authOf('ya29.stale')))).rejects.toMatchObject({ kind: 'auth' });
});

test('a model that the project may not use does not keep it from the others', async () => {
  fake.script(failing(403, 'PERMISSION_DENIED', "Permission 'aiplatform.endpoints.predict' denied"));
  const gemini = vertex(authOf('ya29.ours'));
  await expect(ask(gemini)).rejects.toMatchObject({ kind: 'auth' });
  expect((await ask(gemini, 'gemini-3.1-flash-image')).outputs).toHaveLength(1);
});

test('without credentials the keys do the work', async () => {
  const missing: GoogleIdentity = {
    getRequestHeaders: async () => {
      throw new Error('Could not load the default credentials from /home/someone/adc.json');
    },
  };
  const both = vertex(missing, ['AIzaOne']);
  for (let call = 0; call < 3; call++) await ask(both);
  expect(fake.calls.map(({ credential }) => credential)).toEqual(['AIzaOne', 'AIzaOne', 'AIzaOne']);
  await expect(ask(vertex(missing))).rejects.toMatchObject({
    kind: 'auth',
    message: 'Gemini refused the credentials of this server.',
  });
});

test('a token that cannot be had for now is an outage', async () => {
  const lost: GoogleIdentity = {
    getRequestHeaders: async () => {
      throw Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' });
    },
  };
  await expect(ask(vertex(lost))).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a token that never comes is let go of with the round', async () => {
  const stop = new AbortController();
  const silent: GoogleIdentity = { getRequestHeaders: () => new Promise(() => {}) };
  const running = vertex(silent).generate(round({ upstreamModel: MODEL }), context({ signal: stop.signal }));
  stop.abort();
  await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
});

test('a look by Vertex AI lists its models', async () => {
  const health = await vertex(authOf('ya29.ours')).health!(AbortSignal.timeout(5000));
  expect(health.message).toBe('Vertex AI lists 5 models');
  expect(health.upstreamModels).toContain(MODEL);
});
