/** Input URLs that lead nowhere, or where they must not: the request fails, says which URL and why, and nothing is reached. */
import type { LookupAddress } from 'node:dns';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { call, EDIT, resultOf, submit } from './support/api.ts';
import { type BadHost, drips, endless, redirects, sends, startBadHost } from './support/bad-host.ts';
import { expectCleanError, expectFailedRequest, expectHealthy, expectWell } from './support/clean-error.ts';
import { drawPicture } from './support/pictures.ts';
import { sendRaw } from './support/raw-http.ts';
import { startTestServer } from './support/server.ts';

/** What names stand for: each look-up takes the next answer, the last one stays. */
const names = vi.hoisted(() => new Map<string, string[][]>());
const lookups = vi.hoisted(() => [] as string[]);

vi.mock('node:dns/promises', async (original) => {
  const real = await original<typeof import('node:dns/promises')>();
  const lookup = async (hostname: string, options: { all: true }): Promise<LookupAddress[]> => {
    const known = names.get(hostname);
    if (!known) {
      if (!hostname.endsWith('.test')) return real.lookup(hostname, options);
      throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
    }
    lookups.push(hostname);
    const addresses = known.length > 1 ? known.shift()! : known[0]!;
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { ...real, default: { ...real, lookup }, lookup };
});

const TIMEOUT_MS = 1500;
/** Fetching, noticing and telling, on a busy machine. */
const PATIENCE_MS = TIMEOUT_MS + 4000;

let server: Awaited<ReturnType<typeof startTestServer>>;
/** The operator allows its address. */
let allowed: BadHost;
/** Another machine of the private network, which nobody may reach. */
let secret: BadHost;

beforeAll(async () => {
  const picture = await drawPicture();
  secret = await startBadHost({ '/secret.png': sends(picture) }, '127.0.0.2');
  const toSecret = `http://${secret.host}/secret.png`;
  allowed = await startBadHost({
    '/good.png': sends(picture),
    '/never': () => {},
    '/drip': drips(Buffer.alloc(10), 100),
    '/endless': endless,
    '/said-huge': (response) =>
      response.writeHead(200, { 'content-length': 51 * 2 ** 20 }).write(Buffer.alloc(10)),
    '/cut': (response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write(Buffer.alloc(10), () => response.destroy());
    },
    '/hang-up': (response) => response.destroy(),
    '/no-http': (response) => response.socket?.end('SSH-2.0-OpenSSH_10.0\r\n'),
    '/headers': (response) => response.writeHead(200, { 'x-bomb': 'x'.repeat(100_000) }).end(),
    '/gzip': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(picture),
    '/no-content': (response) => response.writeHead(204).end(),
    '/forbidden': (response) => response.writeHead(403).end(`you may not, ${toSecret}`),
    '/broken': (response) => response.writeHead(500).end('Error: at /srv/app/index.js:1:1'),
    '/to-private': redirects(toSecret),
    '/to-private-301': redirects(toSecret, 301),
    '/to-private-307': redirects(toSecret, 307),
    '/to-metadata': redirects('http://169.254.169.254/latest/meta-data/'),
    '/to-ourselves': (response) => redirects(`${server.url}/metrics`)(response, undefined as never),
    '/to-file': redirects('file:///etc/passwd'),
    '/to-data': redirects('data:image/png;base64,iVBORw0KGgo='),
    '/to-gopher': redirects('gopher://127.0.0.2/1'),
    '/to-nowhere': (response) => response.writeHead(302).end(),
    '/to-garbage': redirects('http://[::'),
    '/to-name': redirects(`http://inside.test:${secret.port}/secret.png`),
    '/to-user': redirects(`http://user:password@${secret.host}/secret.png`),
    '/to-itself': redirects('/to-itself'),
    '/rebind': (response, request) =>
      redirects(`http://${request.headers.host}/secret.png`)(response, request),
  });
  server = await startTestServer({
    DARKROOM_ALLOW_INPUT_HOSTS: allowed.host,
    DARKROOM_INPUT_TIMEOUT: `${TIMEOUT_MS}ms`,
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await allowed[Symbol.asyncDispose]();
  await secret[Symbol.asyncDispose]();
});
beforeEach(() => {
  names.clear();
  lookups.length = 0;
});
afterEach(async () => {
  expect(secret.asked).toEqual([]);
  expect(secret.connections()).toBe(0);
  await expectHealthy(server);
});

const edit = (...urls: string[]): Promise<string> =>
  submit(server, { prompt: 'warmer', image_urls: urls, resolution: '0.5K' }, EDIT);

/** Fails in time, naming the URL by its place and not by anything that was found out about it. */
async function expectRefused(url: string, says: RegExp, code = 'input_unreachable'): Promise<void> {
  const startedAt = performance.now();
  const id = await edit(url);
  await expectFailedRequest(server, id, { code, says: new RegExp(`^image_urls\\[0\\] ${says.source}`) });
  expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
}

test('a good URL is fetched: what follows is refused for what it is', async () => {
  expect((await resultOf(server, await edit(`http://${allowed.host}/good.png`))).status).toBe('completed');
});

describe('an address that is no URL of an image is refused before it is taken in:', () => {
  test.each([
    [''],
    ['a.png'],
    ['/files/x'],
    ['//example.test/a.png'],
    ['ftp://example.test/a.png'],
    ['file:///etc/passwd'],
    ['javascript:alert(1)'],
    ['gopher://example.test/'],
    ['https://'],
    ['https://a b.test/'],
    ['https://exa\u0000mple.test/'],
    ['https://example.test/\n'],
    ['https://\ud800.test/'],
    ['http://[::1'],
    ['https://example.test:99999/'],
    ['data:'],
    ['data:,'],
    ['data:text/html,<b>'],
    ['data:image/png,raw'],
    ['data:image/png;base64,'],
  ])('%j', async (url) => {
    const answer = await call(server, `/v1/models/${EDIT}`, { json: { prompt: 'a', image_urls: [url] } });
    expectCleanError(answer, { code: 422001, field: 'body.image_urls.0' });
  });
});

test('an address of 5,000 characters is refused before it is taken in', async () => {
  const url = `https://example.test/${'a'.repeat(5000)}`;
  const answer = await call(server, `/v1/models/${EDIT}`, { json: { prompt: 'a', image_urls: [url] } });
  expectCleanError(answer, { code: 422001, field: 'body.image_urls.0', says: /at most 4096/ });
});

describe('a host that cannot be reached', () => {
  test.each([
    ['whose name nobody knows', 'https://nobody.test/a.png', /the host's name is not known/],
    ['where the path is not there', '/missing', /answered 404/],
    ['that forbids it', '/forbidden', /answered 403/],
    ['that is broken', '/broken', /answered 500/],
    ['that has no content', '/no-content', /answered 204/],
    ['that hangs up', '/hang-up', /the connection broke off/],
    ['that hangs up half-way', '/cut', /the connection broke off/],
    ['that speaks no HTTP', '/no-http', /answered something that is not HTTP/],
    ['that sends a flood of headers', '/headers', /answered with too many headers/],
    ['that never answers', '/never', /took longer than 1\.5 s/],
    ['that sends ten bytes a moment', '/drip', /took longer than 1\.5 s/],
  ])('%s', async (_, url, says) => {
    await expectRefused(url.startsWith('/') ? `http://${allowed.host}${url}` : url, says);
    expect(allowed.open()).toBe(0);
  });

  test('that refuses the connection', async () => {
    const gone = await startBadHost({}, '127.0.0.1', 0);
    await gone[Symbol.asyncDispose]();
    names.set('gone.test', [['127.0.0.1']]);
    await using other = await startTestServer({ DARKROOM_ALLOW_INPUT_HOSTS: `gone.test:${gone.port}` });
    const url = `http://gone.test:${gone.port}/a.png`;
    const id = await submit(other, { prompt: 'a', image_urls: [url] }, EDIT);
    await expectFailedRequest(other, id, {
      code: 'input_unreachable',
      says: /^image_urls\[0\] the host refused the connection/,
    });
  });
});

describe('too much', () => {
  test.each([
    ['without an end', '/endless'],
    ['of 51 MiB, as it says beforehand', '/said-huge'],
  ])('%s is left', async (_, path) => {
    await expectRefused(`http://${allowed.host}${path}`, /is larger than 50 MB/, 'input_too_large');
    expect(allowed.open()).toBe(0);
  });

  test('is not unpacked', async () => {
    await expectRefused(`http://${allowed.host}/gzip`, /was sent compressed/, 'input_invalid');
  });
});

describe('a private address is never connected to', () => {
  test.each([
    ['http://127.0.0.2:PORT/secret.png'],
    ['https://127.0.0.2:PORT/secret.png'],
    ['https://2130706434:PORT/secret.png'],
    ['https://0x7f000002:PORT/secret.png'],
    ['https://0177.0.0.2:PORT/secret.png'],
    ['https://127.2:PORT/secret.png'],
    ['https://[::ffff:127.0.0.2]:PORT/secret.png'],
    ['https://[::ffff:7f00:2]:PORT/secret.png'],
    ['https://[64:ff9b::127.0.0.2]:PORT/secret.png'],
    ['https://１２７.０.０.２:PORT/secret.png'],
    ['https://127.0.0.2.:PORT/secret.png'],
    ['https://[::1]:PORT/'],
    ['https://0.0.0.0:PORT/'],
    ['https://10.0.0.1/'],
    ['https://172.16.0.1/'],
    ['https://192.168.1.1/'],
    ['https://100.64.0.1/'],
    ['https://169.254.169.254/latest/meta-data/'],
    ['https://[fd00:ec2::254]/'],
    ['https://[fe80::1]/'],
    ['https://224.0.0.1/'],
    ['https://168.63.129.16/'],
    ['https://255.255.255.255/'],
  ])('written as %s', async (url) => {
    await expectRefused(url.replace('PORT', String(secret.port)), /the host's address is not public/);
  });

  test('behind a name', async () => {
    names.set('inside.test', [['127.0.0.2']]);
    await expectRefused(`https://inside.test:${secret.port}/secret.png`, /the host's address is not public/);
  });

  test.each([['127.0.0.2'], ['::1'], ['::ffff:10.0.0.1'], ['169.254.169.254']])(
    'behind a name that also stands for a public one, %s',
    async (address) => {
      names.set('both.test', [['93.184.215.14', address]]);
      await expectRefused(`https://both.test:${secret.port}/secret.png`, /the host's address is not public/);
    },
  );

  test('behind localhost', async () => {
    await expectRefused(`https://localhost:${secret.port}/`, /the host's address is not public/);
  });

  test.each([['/to-private'], ['/to-private-301'], ['/to-private-307'], ['/to-metadata'], ['/to-ourselves']])(
    'behind a redirect, %s',
    async (path) => {
      await expectRefused(`http://${allowed.host}${path}`, /the host's address is not public/);
    },
  );

  test('behind a redirect to a name', async () => {
    names.set('inside.test', [['127.0.0.2']]);
    await expectRefused(
      `http://${allowed.host}/to-name`,
      /(must start with https:\/\/|the host's address is not public)/,
      'input_invalid',
    );
  });

  test.each([
    ['/to-file', /is not an https URL/, 'input_invalid'],
    ['/to-data', /is not an https URL/, 'input_invalid'],
    ['/to-gopher', /is not an https URL/, 'input_invalid'],
    ['/to-user', /has a user name or password/, 'input_invalid'],
    ['/to-nowhere', /redirected to nowhere/, 'input_unreachable'],
    ['/to-garbage', /redirected to nowhere/, 'input_unreachable'],
    ['/to-itself', /redirected more than 5 times/, 'input_unreachable'],
  ])('nor is anything else a redirect may name, %s', async (path, says, code) => {
    await expectRefused(`http://${allowed.host}${path}`, says, code);
  });

  test('a URL with a password in it is not used', async () => {
    await expectRefused(
      'https://user:hunter2@example.test/a.png',
      /has a user name or password in it/,
      'input_invalid',
    );
  });
});

describe('a name whose second answer is another', () => {
  /** Allows one of two loopback addresses, as a public one would be. */
  async function allowing(work: (other: typeof server) => Promise<void>): Promise<void> {
    await using other = await startTestServer({ DARKROOM_ALLOW_INPUT_HOSTS: '127.0.0.1/32' });
    await work(other);
  }
  const editOn = (other: typeof server, path: string, port: number): Promise<string> =>
    submit(
      other,
      { prompt: 'a', image_urls: [`http://rebind.test:${port}${path}`], resolution: '0.5K' },
      EDIT,
    );

  test('is looked up once for a connection, which goes to that answer', async () => {
    await allowing(async (other) => {
      names.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
      const id = await editOn(other, '/good.png', allowed.port);
      expect((await resultOf(other, id)).status).toBe('completed');
      expect(lookups).toEqual(['rebind.test']);
    });
  });

  test('is checked again for the connection of a redirect', async () => {
    await allowing(async (other) => {
      names.set('rebind.test', [['127.0.0.1'], ['127.0.0.2']]);
      const id = await editOn(other, '/rebind', allowed.port);
      await expectFailedRequest(other, id, {
        code: 'input_unreachable',
        says: /^image_urls\[0\] the host's address is not public/,
      });
      expect(lookups).toEqual(['rebind.test', 'rebind.test']);
    });
  });
});

describe('of several URLs', () => {
  test('the wrong one is named by its place', async () => {
    const good = `http://${allowed.host}/good.png`;
    const id = await edit(good, good, `http://${allowed.host}/missing`, 'https://10.0.0.1/');
    await expectFailedRequest(server, id, {
      code: 'input_unreachable',
      says: /^image_urls\[2\] answered 404$/,
    });
  });

  test('each has its time, and the request ends', async () => {
    const id = await edit(`http://${allowed.host}/good.png`, `http://${allowed.host}/never`);
    await expectFailedRequest(server, id, { code: 'input_unreachable', says: /^image_urls\[1\] took/ });
  });
});

describe('files of this server', () => {
  test('that do not exist are unreachable', async () => {
    await expectRefused(`${server.url}/files/${'a'.repeat(32)}/x.png`, /names a file that is not there/);
  });

  test.each([['/metrics'], ['/health'], ['/files/'], ['/files/../metrics'], [`/files/${'a'.repeat(31)}`]])(
    'are all that is taken from it, not %s',
    async (path) => {
      await expectRefused(server.url + path, /the host's address is not public/);
    },
  );

  test.each([
    ['/secret.png', /the host's address is not public/],
    [`/files/${'a'.repeat(32)}/x.png`, /names a file that is not there/],
  ])('are not looked for on the machine that a Host header names, %s', async (path, says) => {
    const body = JSON.stringify({ prompt: 'a', image_urls: [`http://${secret.host}${path}`] });
    const answer = await sendRaw(
      server,
      `POST /v1/models/${EDIT} HTTP/1.1\r\nhost: ${secret.host}\r\nauthorization: Bearer ${server.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    await expectFailedRequest(server, answer.body.request_id, { code: 'input_unreachable', says });
  });
});

test('a request deadline shorter than a fetch ends it as a timeout', async () => {
  await using hasty = await startTestServer({
    DARKROOM_ALLOW_INPUT_HOSTS: allowed.host,
    DARKROOM_REQUEST_TIMEOUT: '1s',
  });
  const id = await submit(hasty, { prompt: 'a', image_urls: [`http://${allowed.host}/never`] }, EDIT);
  await expectFailedRequest(hasty, id, { code: 'timeout', says: /did not finish in the time/ });
  expect(allowed.open()).toBe(0);
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});
