/** Prompts nobody should write: refused by name, or drawn like any other. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { call, resultOf, TEXT_TO_IMAGE } from './support/api.ts';
import { expectCleanError, expectHealthy, expectWell } from './support/clean-error.ts';
import { startTestServer } from './support/server.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());
afterEach(() => expectHealthy(server));

const SHORT_MODEL = 'google/nano-banana/text-to-image';

const send = (prompt: string, model = TEXT_TO_IMAGE) =>
  call(server, `/v1/models/${model}`, {
    json: { prompt, ...(model === TEXT_TO_IMAGE && { resolution: '0.5K' }) },
  });

describe('refused by name:', () => {
  test.each([
    ['a megabyte', 'a'.repeat(2 ** 20), /at most 32000 characters/],
    ['a megabyte of emoji', '😀'.repeat(2 ** 18), /at most 32000 characters/],
    ['32,001 characters', 'a'.repeat(32_001), /at most 32000 characters/],
    ['nothing', '', /must/],
    ['blanks alone', ' \n\t\u2003', /must not be blank/],
    ['a NUL', 'a\u0000b', /control characters \(found U\+0000\)/],
    ['an escape', '\u001b[2Jgone', /found U\+001B/],
    ['a bell', 'a\u0007', /found U\+0007/],
    ['DEL', 'a\u007f', /found U\+007F/],
    ['a C1 control', 'a\u0085', /found U\+0085/],
    ['control characters alone', '\u0001\u0002\u0003', /control characters/],
    ['the first half of a pair', 'a\ud83d', /well-formed Unicode/],
    ['the second half of a pair', '\ude00a', /well-formed Unicode/],
    ['halves the wrong way round', '\ude00\ud83d', /well-formed Unicode/],
    ['a hundred thousand halves', '\ud800'.repeat(100_000), /must/],
  ])('%s', async (_, prompt, says) => {
    const answer = await send(prompt);
    expectCleanError(answer, { code: 422001, field: 'body.prompt', says });
    // The prompt itself does not come back.
    expect(JSON.stringify(answer.body).length).toBeLessThan(600);
  });

  test('1,001 characters where a model takes 1,000', async () => {
    expectCleanError(await send('a'.repeat(1001), SHORT_MODEL), {
      code: 422001,
      field: 'body.prompt',
      says: /at most 1000 characters/,
    });
  });
});

describe('drawn like any other, and kept as it was written:', () => {
  test.each([
    ['32,000 characters', 'a '.repeat(16_000)],
    ['tabs and line ends', 'a\tb\r\nc\n'],
    ['emoji', '👩‍👩‍👧‍👦🏳️‍🌈 𝕬'],
    ['the other direction', '\u202egnp.exe\u202c \u200f\u2066'],
    ['a byte order mark and noncharacters', '\ufeffa\ufffe\uffff'],
    ['combining marks without end', `a${'\u0301'.repeat(5000)}`],
    ['markup', '</text><script>alert(1)</script><image href="file:///etc/passwd"/>&xxe;'],
    ['a template', '{{7*7}} %s %n #{7*7} <%= 7 %>'],
    ['SQL', "'; drop table requests; --"],
    ['a path', '../../../../etc/passwd\\..\\'],
    ['a header', 'a\r\nSet-Cookie: a=b'],
    [
      'a marker that says nothing',
      '[[sandbox:]] [[sandbox:nothing=1]] [[sandbox:slow=-1]] [[sandbox:slow=NaN]]',
    ],
    ['markers in one another', '[[sandbox:[[sandbox:x]]]]'],
  ])('%s', async (_, prompt) => {
    const answer = await send(prompt);
    expect(answer.status, JSON.stringify(answer.body).slice(0, 500)).toBe(200);
    const result = await resultOf(server, answer.body.request_id);
    expect(result, JSON.stringify(result).slice(0, 500)).toMatchObject({ status: 'completed' });
    expect((await fetch(result.output.image)).headers.get('content-type')).toBe('image/png');
    const { requests } = (await call(server, '/v1/requests?limit=1')).body;
    expect(requests[0]).toMatchObject({ request_id: answer.body.request_id, input: { prompt } });
  });
});

test('after all of this the server makes pictures as before', async () => {
  await expectWell(server);
});
