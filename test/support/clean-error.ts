/** What every refusal must look like, and what none may tell. */
import { hostname, tmpdir } from 'node:os';
import { expect } from 'vitest';
import { type Answer, call, resultOf, submit } from './api.ts';
import type { TestServer } from './server.ts';

type Reached = Pick<TestServer, 'url' | 'key'>;

/** Contract §5. */
const NAMES: Record<number, string> = {
  400001: 'InvalidResourceIdentifier',
  400002: 'InsufficientResources',
  400004: 'UserAccountError',
  403001: 'PermissionDenied',
  404001: 'ResourceNotFound',
  408001: 'RequestTimeout',
  409001: 'Conflict',
  413001: 'PayloadTooLarge',
  415001: 'UnsupportedMediaType',
  422001: 'ValidationError',
  429001: 'RateLimited',
  431001: 'HeadersTooLarge',
  503001: 'ServiceUnavailable',
};

const LEAKS: [what: string, pattern: RegExp][] = [
  ['a stack trace', /\n\s+at |\bat \S+ \(|:\d+:\d+\b/],
  ['a path', /node_modules|file:\/\/|\/(?:home|root|usr|var|tmp|work)\/|\.(?:ts|js|sql)\b/],
  [
    'SQL',
    /\b(?:select|insert|update|delete)\b.+\b(?:from|into|set|where)\b|syntax error|violates|relation "|column "/i,
  ],
  [
    'a private address',
    /\b(?:127|10|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+|\[?::1\b|localhost/,
  ],
  ['the code of a library', /\b(?:E[A-Z]{4,}|ERR_\w+|FST_\w+|UND_ERR\w*|HPE_\w+|P?\d{2}P\d{2})\b/],
  ['a value nobody wrote', /\bundefined\b|\[object |\bNaN\b/],
];

/** @param sent what the caller wrote itself, which may come back */
function expectNoLeak(text: string, sent: readonly string[] = []): void {
  let ours = text;
  for (const own of [...sent, tmpdir() === '/tmp' ? '' : tmpdir()].filter((part) => part !== ''))
    ours = ours.replaceAll(own, '');
  for (const [what, pattern] of LEAKS) {
    const found = pattern.exec(ours)?.[0];
    expect(found, `${what} in ${ours.slice(0, 500)}`).toBeUndefined();
  }
  expect(ours).not.toContain(process.cwd());
  if (hostname().length > 3) expect(ours).not.toContain(hostname());
}

export interface Expected {
  code: keyof typeof NAMES;
  /** HTTP status; that of the code unless told. */
  status?: number;
  /** `loc` of a violation, as `body.image_urls.0`: it must be there. */
  field?: string;
  /** The violation's or error's words. */
  says?: RegExp;
  sent?: readonly string[];
}

const statusOf = (code: number): number => ({ 400002: 402, 400004: 401 })[code] ?? Math.floor(code / 1000);

/** The one shape, the right class, words that help, and nothing of ours. */
export function expectCleanError(answer: Answer, { code, status, field, says, sent = [] }: Expected): void {
  const told = `${answer.status} ${JSON.stringify(answer.body)?.slice(0, 1000)}`;
  expect(answer.status, told).toBe(status ?? statusOf(code));
  expect(answer.headers.get('content-type'), told).toBe('application/json; charset=utf-8');
  const { error_code, error_name, message, detail, request_id, ...rest } = answer.body;
  expect(rest, told).toEqual({});
  expect({ error_code, error_name }, told).toEqual({ error_code: code, error_name: NAMES[code] });
  expect(request_id, told).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get('x-request-id'), told).toBe(request_id);
  expect(message.length, told).toBeGreaterThan(10);
  expect(message.length, told).toBeLessThan(2000);
  expect(message.isWellFormed(), told).toBe(true);
  if (code === 422001) expectViolations(detail, field, told);
  else expect(detail === undefined || Array.isArray(detail), told).toBe(true);
  if (says) expect(message, told).toMatch(says);
  if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  if (answer.status === 503 || answer.status === 429)
    expect(Number(answer.headers.get('retry-after')), told).toBeGreaterThan(0);
  expectNoLeak(JSON.stringify(answer.body, null, 1), sent);
}

function expectViolations(detail: unknown, field: string | undefined, told: string): void {
  expect(Array.isArray(detail) && detail.length > 0, told).toBe(true);
  for (const violation of detail as Record<string, unknown>[]) {
    expect(Object.keys(violation).sort(), told).toEqual(['loc', 'msg', 'type']);
    const loc = violation.loc as unknown[];
    expect(loc.length > 0 && loc.every((part) => typeof part === 'string'), told).toBe(true);
    expect(['body', 'query', 'path', 'header'], told).toContain(loc[0]);
    expect(violation.msg, told).toMatch(/^(?:must|is|has|was|and) /);
    expect(violation.type, told).toMatch(/^\w+$/);
  }
  if (field !== undefined) {
    const places = (detail as { loc: string[] }[]).map(({ loc }) => loc.join('.'));
    expect(places, told).toContain(field);
  }
}

/** The request ended badly, says so in status and result alike, and tells which input and nothing of ours. */
export async function expectFailedRequest(
  server: Reached,
  requestId: string,
  expected: { code: string; says: RegExp; sent?: readonly string[] },
): Promise<void> {
  const result = await resultOf(server, requestId);
  const status = (await call(server, `/v1/requests/${requestId}/status`)).body;
  expect(result.error, JSON.stringify(result)).toMatchObject({ code: expected.code });
  expect(result.error.message).toMatch(expected.says);
  expect({ status: status.status, error: status.error }).toEqual({
    status: 'completed',
    error: result.error,
  });
  expect({ status: result.status, output: result.output, cost: result.cost }).toEqual({
    status: 'failed',
    output: undefined,
    cost: 0,
  });
  expect(Object.keys(result.error).sort()).toEqual(['code', 'message', 'retryable']);
  expectNoLeak(result.error.message, expected.sent);
}

export async function expectHealthy(server: Pick<TestServer, 'url'>): Promise<void> {
  const { body } = await call({ url: server.url, key: '' }, '/health', { key: null });
  expect(body).toEqual({ status: 'ok' });
}

/** It answers, and makes a picture. */
export async function expectWell(server: Reached): Promise<void> {
  await expectHealthy(server);
  const result = await resultOf(server, await submit(server, { prompt: 'a calm sea', resolution: '0.5K' }));
  expect(result.status).toBe('completed');
  expect((await fetch(result.output.image, { method: 'HEAD' })).status).toBe(200);
}
