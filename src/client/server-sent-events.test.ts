import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents, type ServerSentEvent } from './server-sent-events.ts';

async function read(chunks: Uint8Array[], onBytes?: () => void): Promise<ServerSentEvent[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(stream, onBytes)) events.push(event);
  return events;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('an event has its name, its data and the last id', async () => {
  const text =
    'retry: 1500\n\n: hello\n\nid: 1\nevent: status\ndata: {"a":1}\n\ndata: one\ndata:two\n\nid: 2\n\nevent: end\ndata\n\ndata: cut off';
  const common = { retryMs: 1500 };
  expect(await read([bytes(text)])).toEqual([
    { ...common, id: '1', event: 'status', data: '{"a":1}' },
    { ...common, id: '1', event: 'message', data: 'one\ntwo' },
    { ...common, id: '2', event: 'end', data: '' },
  ]);
});

test('comments are signs of life and nothing more', async () => {
  let signs = 0;
  const events = await read([bytes(':\n\n'), bytes(': still here\n\n')], () => {
    signs++;
  });
  expect(events).toEqual([]);
  expect(signs).toBe(2);
});

test('however the bytes are cut and lines end, the events are the same', async () => {
  const word = fc.stringMatching(/^[a-zé字🦊 :]{0,12}$/u);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          id: fc.nat().map(String),
          event: fc.constantFrom('status', 'end'),
          data: fc.array(word, { minLength: 1, maxLength: 3 }),
        }),
      ),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (events, newline, sizes) => {
        const text = events
          .map(({ id, event, data }) => [
            `id: ${id}`,
            `event: ${event}`,
            ...data.map((line) => `data: ${line}`),
            '',
            '',
          ])
          // A line of its own at the end, so that no CR waits for its LF.
          .map((lines) => `${lines.join(newline)}: next${newline}`)
          .join('');
        const whole = bytes(text);
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          chunks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect((await read(chunks)).map(({ id, event, data }) => ({ id, event, data }))).toEqual(
          events.map(({ data, ...rest }) => ({ ...rest, data: data.join('\n') })),
        );
      },
    ),
  );
});

test('who stops reading closes the stream', async () => {
  let closed = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes('data: 1\n\ndata: 2\n\n')),
    cancel() {
      closed = true;
    },
  });
  for await (const { data } of readEvents(stream)) {
    expect(data).toBe('1');
    break;
  }
  expect(closed).toBe(true);
});
