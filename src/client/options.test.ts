import { afterEach, expect, test, vi } from 'vitest';
import { readOptions } from './options.ts';

afterEach(() => vi.unstubAllEnvs());
afterEach(() => vi.unstubAllGlobals());

test('address and key come from the environment unless they are given', async () => {
  vi.stubEnv('DARKROOM_BASE_URL', 'https://pictures.example.com/darkroom/');
  vi.stubEnv('DARKROOM_API_KEY', 'dk_environment');
  const fromEnvironment = readOptions({});
  expect(fromEnvironment.baseUrl).toBe('https://pictures.example.com/darkroom');
  expect(await fromEnvironment.apiKey()).toBe('dk_environment');
  const given = readOptions({ baseUrl: 'http://127.0.0.1:9000', apiKey: 'dk_given' });
  expect(given.baseUrl).toBe('http://127.0.0.1:9000');
  expect(await given.apiKey()).toBe('dk_given');
  expect(await readOptions({ apiKey: null }).apiKey()).toBeNull();
});

test('without any it is this machine, and a missing key is told at the first call', () => {
  vi.stubEnv('DARKROOM_BASE_URL', '');
  vi.stubEnv('DARKROOM_API_KEY', '');
  const { baseUrl, apiKey } = readOptions({});
  expect(baseUrl).toBe('http://localhost:8080');
  expect(() => apiKey()).toThrow('DARKROOM_API_KEY');
});

test('a page calls its own origin, and needs no key', async () => {
  vi.stubEnv('DARKROOM_BASE_URL', '');
  vi.stubEnv('DARKROOM_API_KEY', '');
  vi.stubGlobal('document', {});
  const { baseUrl, apiKey } = readOptions({});
  expect(baseUrl).toBe('');
  expect(await apiKey()).toBeNull();
});

test('an environment that may not be read is none', () => {
  vi.stubGlobal('process', {
    get env() {
      throw new Error('Requires env access');
    },
  });
  expect(readOptions({ apiKey: 'dk_given' }).baseUrl).toBe('http://localhost:8080');
});

test.each(['localhost:8080', 'ftp://pictures.example.com', '/api', 'http://', 'javascript:alert(1)'])(
  '%s is no base URL',
  (baseUrl) => {
    expect(() => readOptions({ baseUrl })).toThrow('http://');
  },
);

test.each([
  ['https://model-api.runcomfy.net', false],
  ['https://runcomfy.com/api', false],
  ['https://MODEL-API.runcomfy.net:443', false],
  ['https://me:secret@model-api.runcomfy.net/v2', false],
  ['https://notruncomfy.net', true],
  ['https://example.com/runcomfy.net', true],
  ['https://user@example.com', true],
  ['http://localhost:8080', true],
])('the host of %s is a Darkroom: %s', (baseUrl, isDarkroom) => {
  expect(readOptions({ baseUrl }).isDarkroom).toBe(isDarkroom);
  expect(readOptions({ baseUrl, host: 'runcomfy' }).isDarkroom).toBe(false);
  expect(readOptions({ baseUrl, host: 'darkroom' }).isDarkroom).toBe(true);
});
