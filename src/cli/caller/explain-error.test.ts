import { describe, expect, test } from 'vitest';
import { errorOfStatus } from '../../client/errors.ts';
import {
  ConnectionError,
  RequestCancelledError,
  RequestFailedError,
  type Result,
  TimeoutError,
} from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { errorAsJson, explainError } from './explain-error.ts';

const connection = {
  baseUrl: 'http://localhost:8080',
  chosenBy: 'by default',
  isNamed: false,
  apiKey: 'dk_secret_0123456789',
  keyFrom: 'DARKROOM_API_KEY',
};
const explained = (error: unknown): CommandError => explainError(error, connection) as CommandError;
const failed = (code: string): Result => ({
  request_id: 'r',
  status: 'failed',
  created_at: '',
  error: { code, message: 'why', retryable: code === 'backend_unavailable' },
});

describe('every class of failure has an exit code of its own:', () => {
  test.each([
    [400, 5],
    [401, 3],
    [402, 6],
    [403, 3],
    [404, 4],
    [409, 8],
    [413, 5],
    [415, 5],
    [422, 5],
    [429, 7],
    [500, 10],
    [503, 10],
  ])('an answer of %i is %i', (status, exitCode) => {
    const error = explained(errorOfStatus('no', { status, requestId: 'call-1', retryAfter: 1.2 }));
    expect(error).toBeInstanceOf(CommandError);
    expect(error.exitCode).toBe(exitCode);
    expect(error.message).toContain('no');
    expect(error.message).not.toContain(connection.apiKey);
  });

  test.each([
    ['content_blocked', 11],
    ['input_unreachable', 12],
    ['input_too_large', 12],
    ['input_invalid', 12],
    ['no_output', 13],
    ['backend_unavailable', 13],
    ['something_new', 13],
    ['timeout', 14],
  ])('a request that failed with %s is %i', (code, exitCode) => {
    const error = explained(new RequestFailedError(failed(code)));
    expect([error.exitCode, error.message]).toEqual([exitCode, expect.stringContaining(`(${code}): why`)]);
    expect(error.message.includes('run it again')).toBe(code === 'backend_unavailable');
    expect(errorAsJson(error)).toEqual(failed(code));
  });

  test('so have a cancelled request, patience that is over, and no answer', () => {
    expect(explained(new RequestCancelledError(failed('x'))).exitCode).toBe(15);
    expect(explained(new TimeoutError('late')).exitCode).toBe(14);
    const away = explained(new ConnectionError('No answer'));
    expect([away.exitCode, away.message]).toEqual([
      9,
      expect.stringMatching(/`npm start` starts a server here/),
    ]);
  });
});

test('violations are named by their options, and items of a list by their place', () => {
  const detail = [
    { loc: ['body', 'num_images'], msg: 'must be <= 4', type: 'maximum' },
    { loc: ['body', 'image_urls', '1'], msg: 'must be a URL', type: 'format' },
    { loc: ['body', 'loras', '0', 'scale'], msg: 'must be a number', type: 'type' },
    { loc: ['header', 'idempotency-key'], msg: 'is too long', type: 'maxLength' },
  ];
  expect(explained(errorOfStatus('all of it', { status: 422, detail })).message.split('\n')).toEqual([
    '--num-images must be <= 4',
    '--image-urls (number 2) must be a URL',
    '--loras.scale (number 1) must be a number',
    'header.idempotency-key is too long',
  ]);
});

test('what is no failure of a call stays as it is', () => {
  const mistake = new TypeError('x is not a function');
  expect(explainError(mistake, connection)).toBe(mistake);
  expect(explained(new TypeError('This is no id: "../x"'))).toBeInstanceOf(CommandError);
});
