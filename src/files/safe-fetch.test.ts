import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { InputError } from './input-error.ts';
import { createSafeFetch, type ResolvedAddress, type SafeFetchOptions } from './safe-fetch.ts';

const LIMITS = { maxBytes: 10_000, timeoutMs: 5000 };

interface Listening {
  /** `address:port` */
  host: string;
  port: number;
  connections(): number;
}

async function listen(server: Server, address = '127.0.0.1', port = 0): Promise<Listening> {
  let connections = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.listen(port, address);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const taken = (server.address() as AddressInfo).port;
  return { host: `${address}:${taken}`, port: taken, connections: () => connections };
}

function serve(answer: RequestListener, address?: string, port?: number): Promise<Listening> {
  return listen(createServer(answer), address, port);
}

/** A server that says these words to whoever connects and `then` does something with the connection. */
function serveRaw(words: string, then: (socket: Socket) => void): Promise<Listening> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => socket.write(words, () => then(socket)));
  });
  return listen(server);
}

/** A fetch that may use these hosts and knows these names only. */
function fetching(allowInputHosts: string[], names: Record<string, string[]> = {}) {
  const resolve = vi.fn<NonNullable<SafeFetchOptions['resolve']>>(async (hostname) =>
    toAddresses(names[hostname] ?? []),
  );
  return { ...createSafeFetch({ allowInputHosts, resolve }), resolve };
}

function toAddresses(addresses: string[]): ResolvedAddress[] {
  return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

async function refusal(fetched: Promise<unknown>): Promise<{ reason: string; message: string }> {
  const error = await fetched.then(
    () => new Error('was not refused'),
    (thrown) => thrown,
  );
  if (!(error instanceof InputError)) throw error;
  return { reason: error.reason, message: error.message };
}

const NOT_PUBLIC = { reason: 'unreachable', message: "the host's address is not public" };
const NOT_HTTPS = { reason: 'invalid', message: 'must start with https://' };
const BROKE_OFF = { reason: 'unreachable', message: 'the connection broke off' };

test('an allowed host is fetched, and told no more than it must know', async () => {
  const seen: unknown[] = [];
  const server = await serve((request, response) => {
    seen.push(request.url, request.headers);
    response.setHeader('content-type', 'image/png').setHeader('set-cookie', 'a=b').end('bytes');
  });
  const { fetchBytes } = fetching([server.host]);
  const url = `http://${server.host}/a%20b?c=d`;

  expect(await fetchBytes(`${url}#e`, LIMITS)).toEqual({
    bytes: Buffer.from('bytes'),
    contentType: 'image/png',
    finalUrl: `${url}#e`,
  });
  expect(seen).toEqual([
    '/a%20b?c=d',
    {
      host: server.host,
      connection: 'close',
      'user-agent': 'darkroom',
      accept: '*/*',
      'accept-encoding': 'identity',
    },
  ]);
});

test('a name is looked up once for its connection, and the connection goes to that answer', async () => {
  const server = await serve((_, response) => response.end('here'));
  const { fetchBytes, resolve } = fetching(['images.test'], { 'images.test': ['127.0.0.1'] });
  const { bytes } = await fetchBytes(`http://images.test:${server.port}/`, LIMITS);
  expect(bytes.toString()).toBe('here');
  expect(resolve.mock.calls).toEqual([['images.test']]);
});

describe('what the operator allows', () => {
  const names = { 'in.test': ['127.0.0.1'], 'both.test': ['127.0.0.1', '127.0.0.2'] };
  test.each([
    ['127.0.0.0/8', 'in.test'],
    ['127.0.0.0/8', 'both.test'],
    ['127.0.0.1', 'in.test'],
    ['127.0.0.1:PORT', 'in.test'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '[::ffff:127.0.0.1]'],
    ['in.test', 'IN.TEST.'],
    ['In.Test:PORT', 'in.test'],
  ])('%s lets in %s', async (allowed, host) => {
    const server = await serve((_, response) => response.end('ok'));
    const { fetchBytes } = fetching([allowed.replace('PORT', String(server.port))], {
      ...names,
      'in.test.': ['127.0.0.1'],
    });
    expect((await fetchBytes(`http://${host}:${server.port}/`, LIMITS)).bytes.toString()).toBe('ok');
  });

  test.each([
    ['127.0.0.1:1', 'in.test'],
    ['127.0.0.1', 'both.test'],
    ['10.0.0.0/8', 'in.test'],
    ['in.test:1', 'in.test'],
    ['in.test', 'both.test'],
    ['test', 'in.test'],
    ['fd00::/8', '[::1]'],
  ])('%s does not let in %s', async (allowed, host) => {
    const server = await serve((_, response) => response.end('ok'));
    const { fetchBytes } = fetching([allowed], names);
    const { reason } = await refusal(fetchBytes(`http://${host}:${server.port}/`, LIMITS));
    const httpsRefusal = await refusal(fetchBytes(`https://${host}:${server.port}/`, LIMITS));
    expect(['unreachable', 'invalid']).toContain(reason);
    expect(httpsRefusal).toEqual(NOT_PUBLIC);
    expect(server.connections()).toBe(0);
  });

  test('what cannot be read is named, all of it', () => {
    expect(() => createSafeFetch({ allowInputHosts: ['ok.test', 'http://a', 'b:c', '10.0.0.0/99'] })).toThrow(
      'not a host, host:port or CIDR: http://a, b:c, 10.0.0.0/99',
    );
  });
});

describe('refused before any connection or lookup', () => {
  test.each([
    ['', { reason: 'invalid', message: 'is not a URL' }],
    ['images/cat.png', { reason: 'invalid', message: 'is not a URL' }],
    ['https://', { reason: 'invalid', message: 'is not a URL' }],
    ['ftp://example.com/a', { reason: 'invalid', message: 'is not an https URL' }],
    ['file:///etc/passwd', { reason: 'invalid', message: 'is not an https URL' }],
    ['javascript:alert(1)', { reason: 'invalid', message: 'is not an https URL' }],
    [
      'https://user:word@example.com/',
      { reason: 'invalid', message: 'has a user name or password in it, which is not accepted' },
    ],
    ['http://example.com/', NOT_HTTPS],
    ['http://8.8.8.8/', NOT_HTTPS],
    ['http://127.0.0.1/', NOT_PUBLIC],
    ['https://127.0.0.1/', NOT_PUBLIC],
    ['https://2130706433/', NOT_PUBLIC],
    ['https://0x7f.1/', NOT_PUBLIC],
    ['https://0177.0.0.1/', NOT_PUBLIC],
    ['https://127.1/', NOT_PUBLIC],
    ['https://127.0.0.1./', NOT_PUBLIC],
    ['https://①②⑦.⓪.⓪.①/', NOT_PUBLIC],
    ['https://169.254.169.254/latest/meta-data/', NOT_PUBLIC],
    ['https://10.0.0.1:8443/', NOT_PUBLIC],
    ['https://[::1]/', NOT_PUBLIC],
    ['https://[::ffff:10.0.0.1]/', NOT_PUBLIC],
    ['https://[::ffff:8.8.8.8]/', NOT_PUBLIC],
    ['https://[64:ff9b::10.0.0.1]/', NOT_PUBLIC],
    ['https://[2002:7f00:1::]/', NOT_PUBLIC],
    ['https://[fe80::1]/', NOT_PUBLIC],
    ['https://[fd00:ec2::254]/', NOT_PUBLIC],
  ])('%s', async (url, expected) => {
    const { fetchBytes, resolve } = fetching([]);
    expect(await refusal(fetchBytes(url, LIMITS))).toEqual(expected);
    expect(resolve).not.toHaveBeenCalled();
  });
});

describe('a name that leads to a private address is refused without a connection', () => {
  test.each([
    [['127.0.0.1']],
    [['::1']],
    [['93.184.215.14', '127.0.0.1']],
    [['::ffff:127.0.0.1']],
    [['fe80::1%eth0']],
    [['junk']],
  ])('%j', async (answers) => {
    const server = await serve((_, response) => response.end('secret'));
    const { fetchBytes } = fetching([], { 'evil.test': answers });
    expect(await refusal(fetchBytes(`https://evil.test:${server.port}/`, LIMITS))).toEqual(NOT_PUBLIC);
    expect(server.connections()).toBe(0);
  });

  test('over http, the name of a public address is told to use https', async () => {
    const { fetchBytes } = fetching(['10.0.0.0/8'], { 'public.test': ['93.184.215.14'] });
    expect(await refusal(fetchBytes('http://public.test/', LIMITS))).toEqual(NOT_HTTPS);
  });

  test('a name without an address, or one nobody knows, is said to be so', async () => {
    const { fetchBytes, resolve } = fetching([]);
    expect((await refusal(fetchBytes('https://nobody.test/', LIMITS))).message).toBe(
      'the host has no address',
    );
    resolve.mockRejectedValueOnce(
      Object.assign(new Error('getaddrinfo ENOTFOUND nobody.test'), { code: 'ENOTFOUND' }),
    );
    expect((await refusal(fetchBytes('https://nobody.test/', LIMITS))).message).toBe(
      "the host's name is not known",
    );
  });
});

describe('a second answer of the resolver', () => {
  // 127.0.0.2 stands for the public address: it is the one that is allowed.
  test('is checked like the first: a redirect to the same name does not reach a private server', async () => {
    const open = await serve(
      (_, response) => response.writeHead(302, { location: '/again' }).end(),
      '127.0.0.2',
    );
    const inner = await serve((_, response) => response.end('secret'), '127.0.0.1', open.port);
    const { fetchBytes, resolve } = fetching([open.host]);
    resolve.mockResolvedValueOnce(toAddresses(['127.0.0.2'])).mockResolvedValue(toAddresses(['127.0.0.1']));

    expect(await refusal(fetchBytes(`http://rebind.test:${open.port}/`, LIMITS))).toEqual(NOT_PUBLIC);

    expect(resolve).toHaveBeenCalledTimes(2);
    expect([open.connections(), inner.connections()]).toEqual([1, 0]);
  });

  test('is never asked for between the check and the connection', async () => {
    const open = await serve((_, response) => response.end('public'), '127.0.0.2');
    const inner = await serve((_, response) => response.end('secret'), '127.0.0.1', open.port);
    const { fetchBytes, resolve } = fetching([open.host]);
    resolve.mockResolvedValueOnce(toAddresses(['127.0.0.2'])).mockResolvedValue(toAddresses(['127.0.0.1']));

    expect((await fetchBytes(`http://rebind.test:${open.port}/`, LIMITS)).bytes.toString()).toBe('public');

    expect(resolve).toHaveBeenCalledTimes(1);
    expect(inner.connections()).toBe(0);
  });
});

describe('redirects', () => {
  function redirecting(statusCode: number, location: string | undefined) {
    return serve((request, response) => {
      if (request.url !== '/') return void response.end('arrived');
      response.writeHead(statusCode, location === undefined ? {} : { location }).end();
    });
  }

  test.each([301, 302, 303, 307, 308])('%i is followed, and the last URL told', async (statusCode) => {
    const server = await redirecting(statusCode, '/target?x');
    const answer = await fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS);
    expect(answer.bytes.toString()).toBe('arrived');
    expect(answer.finalUrl).toBe(`http://${server.host}/target?x`);
  });

  test.each([
    ['http://127.0.0.1:1/', NOT_PUBLIC],
    ['https://127.0.0.1/', NOT_PUBLIC],
    ['//169.254.169.254/', NOT_PUBLIC],
    ['https://inner.test/', NOT_PUBLIC],
    ['http://example.com/', NOT_HTTPS],
    ['file:///etc/passwd', { reason: 'invalid', message: 'is not an https URL' }],
    ['https://', { reason: 'unreachable', message: 'redirected to nowhere' }],
    [undefined, { reason: 'unreachable', message: 'redirected to nowhere' }],
    [
      'https://a:b@example.com/',
      { reason: 'invalid', message: 'has a user name or password in it, which is not accepted' },
    ],
  ])('to %s are refused', async (location, expected) => {
    const server = await redirecting(302, location);
    const { fetchBytes } = fetching([server.host], { 'inner.test': ['10.0.0.1'] });
    expect(await refusal(fetchBytes(`http://${server.host}/`, LIMITS))).toEqual(expected);
  });

  test('end after five, and a loop with them', async () => {
    const server = await serve((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left === 0) return void response.end('arrived');
      response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    const { fetchBytes } = fetching([server.host]);
    expect((await fetchBytes(`http://${server.host}/5`, LIMITS)).bytes.toString()).toBe('arrived');
    expect(await refusal(fetchBytes(`http://${server.host}/6`, LIMITS))).toEqual({
      reason: 'unreachable',
      message: 'redirected more than 5 times',
    });
    expect(server.connections()).toBe(12);
  });
});

describe('an answer that is too large is refused', () => {
  const TOO_LARGE = { reason: 'too_large', message: 'is larger than 10000 bytes' };

  test('by the length it promises, without waiting for a byte', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n', () => {});
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual(
      TOO_LARGE,
    );
  });

  test('when it never ends', async () => {
    let closed: Promise<unknown> | undefined;
    const server = await serve((_, response) => {
      closed = once(response, 'close');
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(4096)));
      };
      response.on('drain', more);
      more();
    });
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual(
      TOO_LARGE,
    );
    await closed;
  });

  test('and one of exactly the bound is taken', async () => {
    const server = await serve((request, response) =>
      response.end(Buffer.alloc(Number(request.url?.slice(1)))),
    );
    const { fetchBytes } = fetching([server.host]);
    expect((await fetchBytes(`http://${server.host}/10000`, LIMITS)).bytes.length).toBe(10_000);
    expect(await refusal(fetchBytes(`http://${server.host}/10001`, LIMITS))).toEqual(TOO_LARGE);
  });
});

describe('the time is for everything together', () => {
  const LATE = { reason: 'unreachable', message: 'took longer than 0.2 s' };
  const SHORT = { maxBytes: 10_000, timeoutMs: 200 };

  test('a server that says nothing', async () => {
    const server = await listen(createTcpServer());
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, SHORT))).toEqual(LATE);
  });

  test('headers that do not end', async () => {
    const server = await serveRaw('HTTP/1.1 200 OK\r\nx-a: 1\r\n', () => {});
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, SHORT))).toEqual(LATE);
  });

  test('a body that comes byte by byte', async () => {
    const server = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, SHORT))).toEqual(LATE);
  });

  test('a resolver that never answers', async () => {
    const { fetchBytes, resolve } = fetching([]);
    resolve.mockReturnValue(new Promise(() => {}));
    expect(await refusal(fetchBytes('https://slow.test/', SHORT))).toEqual(LATE);
  });

  test('redirects that are each quick enough', async () => {
    const server = await serve((request, response) => {
      setTimeout(() => response.writeHead(302, { location: `${request.url}x` }).end(), 60);
    });
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, SHORT))).toEqual(LATE);
  });
});

test('who aborts gets the own reason back, and the connection is closed', async () => {
  const abort = new AbortController();
  let closed: Promise<unknown> | undefined;
  const server = await serve((_, response) => {
    closed = once(response, 'close');
    response.write('some');
    abort.abort(new Error('cancelled by the caller'));
  });
  const fetched = fetching([server.host]).fetchBytes(`http://${server.host}/`, {
    ...LIMITS,
    signal: abort.signal,
  });
  await expect(fetched).rejects.toThrow('cancelled by the caller');
  await closed;
});

test('who has aborted already causes no connection', async () => {
  const server = await serve((_, response) => response.end());
  const signal = AbortSignal.abort(new Error('too late'));
  const fetched = fetching([server.host]).fetchBytes(`http://${server.host}/`, { ...LIMITS, signal });
  await expect(fetched).rejects.toThrow('too late');
  expect(server.connections()).toBe(0);
});

describe('what the far side does wrong is said in words', () => {
  test.each([201, 204, 206, 304, 400, 401, 404, 418, 500, 503])('an answer of %i', async (statusCode) => {
    const server = await serve((_, response) => response.writeHead(statusCode).end());
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual({
      reason: 'unreachable',
      message: `answered ${statusCode}`,
    });
  });

  test('a compressed body, which was not asked for', async () => {
    const server = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    );
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual({
      reason: 'invalid',
      message: 'was sent compressed, which is not accepted',
    });
  });

  test('a port where nobody listens', async () => {
    const server = createTcpServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(
      await refusal(fetching([`127.0.0.1:${port}`]).fetchBytes(`http://127.0.0.1:${port}/`, LIMITS)),
    ).toEqual({
      reason: 'unreachable',
      message: 'the host refused the connection',
    });
  });

  test.each([
    ['a reset before the answer', '', (socket: Socket) => socket.resetAndDestroy()],
    ['an end before the answer', '', (socket: Socket) => socket.end()],
    [
      'a reset in the body',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nsome',
      (socket: Socket) => socket.resetAndDestroy(),
    ],
    [
      'an end in the body',
      'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nsome',
      (socket: Socket) => socket.end(),
    ],
    [
      'an end between chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n',
      (socket: Socket) => socket.end(),
    ],
  ])('%s', async (_, words, then) => {
    const server = await serveRaw(words, then);
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual(
      BROKE_OFF,
    );
  });

  test('something that is not HTTP', async () => {
    const server = await serveRaw('SSH-2.0-OpenSSH_9.6\r\n', () => {});
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual({
      reason: 'unreachable',
      message: 'answered something that is not HTTP',
    });
  });

  test('headers without measure', async () => {
    const server = await serveRaw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, () => {});
    expect(await refusal(fetching([server.host]).fetchBytes(`http://${server.host}/`, LIMITS))).toEqual({
      reason: 'unreachable',
      message: 'answered with too many headers',
    });
  });

  test('no TLS where https is asked for', async () => {
    const server = await serve((_, response) => response.end('plain'));
    expect(await refusal(fetching([server.host]).fetchBytes(`https://${server.host}/`, LIMITS))).toEqual({
      reason: 'unreachable',
      message: 'no secure connection could be made: check its certificate',
    });
  });
});

describe('a post', () => {
  test('sends body and headers, and gives any answer without following it', async () => {
    const seen: unknown[] = [];
    const server = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push(request.method, request.headers['content-type'], body);
      response.writeHead(307, { location: '/elsewhere' }).end('moved');
    });
    const answer = await fetching([server.host]).post(`http://${server.host}/`, {
      ...LIMITS,
      body: '{"a":"ü"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toEqual({ status: 307, bytes: Buffer.from('moved') });
    expect(seen).toEqual(['POST', 'application/json', '{"a":"ü"}']);
  });

  test('keeps only so much of the answer', async () => {
    const server = await serve((_, response) => response.end('x'.repeat(50_000)));
    const { bytes } = await fetching([server.host]).post(`http://${server.host}/`, {
      maxBytes: 100,
      body: '',
    });
    expect(bytes.length).toBe(100);
  });

  test('goes nowhere private', async () => {
    const { post } = fetching([], { 'inner.test': ['10.0.0.1'] });
    expect(await refusal(post('https://inner.test/', { ...LIMITS, body: '' }))).toEqual(NOT_PUBLIC);
    expect(await refusal(post('https://[::1]/', { ...LIMITS, body: '' }))).toEqual(NOT_PUBLIC);
  });

  test('counts by its status, though the body breaks off or never ends, and tells when to come back', async () => {
    const endless = await serveRaw(
      'HTTP/1.1 503 No\r\ncontent-length: 1000\r\nretry-after: 7\r\n\r\nbusy',
      () => {},
    );
    const answer = { status: 503, retryAfter: '7', bytes: Buffer.from('busy') };
    const post = (host: string) =>
      fetching([host]).post(`http://${host}/`, { ...LIMITS, timeoutMs: 300, body: '' });
    expect(await post(endless.host)).toEqual(answer);
    const broken = await serveRaw('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nok', (socket) =>
      socket.destroy(),
    );
    expect(await post(broken.host)).toMatchObject({ status: 200, retryAfter: undefined });
  });
});

test('a check refuses what needs no look-up to be refused, and lets the rest through', () => {
  const { check, resolve } = fetching(['inner.test:8080', '10.1.2.3:80']);
  const why = (url: string): string | undefined => {
    try {
      check(url);
    } catch (error) {
      return (error as InputError).message;
    }
    return undefined;
  };
  expect(why('nonsense')).toBe('is not a URL');
  expect(why('ftp://a.test/')).toBe('is not an https URL');
  // On the port of an address that is allowed, only a look-up can tell.
  expect(why('http://a.test:81/')).toBe('must start with https://');
  expect(why('https://user:word@a.test/')).toMatch(/user name or password/);
  expect(why('https://127.0.0.1/')).toMatch(/not public/);
  expect(why('https://[::ffff:169.254.169.254]/')).toMatch(/not public/);
  for (const url of ['https://a.test/x?y', 'http://10.1.2.3/', 'http://inner.test:8080/'])
    expect(why(url)).toBeUndefined();
  expect(resolve).not.toHaveBeenCalled();
});
