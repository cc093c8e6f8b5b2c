/** What a reader is told follows from the state and from what it has seen: whatever happens between the two. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileRow } from '../files/file-records.ts';
import type { Followed } from '../requests/follow.ts';
import { statusOf } from '../requests/status-row.ts';
import type { StreamEvent } from './event-stream.ts';
import { createTeller, readSeen } from './tell-request.ts';

const ID = '0199f0c2-0000-7000-8000-000000000000';
const AT = '2026-11-20T19:31:49.123456+00:00';

/** A request of `rounds` rounds, as it stands when `finished` outputs are there. */
function snapshot(
  version: number,
  rounds: number,
  finished: [round: number, ordinal: number][],
  rest: { ahead?: number; ended?: boolean; sync?: boolean } = {},
): Followed {
  const state = rest.ended ? 'completed' : rest.ahead === undefined ? 'running' : 'queued';
  const common = {
    id: ID,
    account_id: ID,
    model_id: 'acme/paint',
    state,
    created_at: AT,
    started_at: rest.ahead === undefined ? AT : null,
    ended_at: rest.ended ? AT : null,
    rounds,
    done: new Set(finished.map(([round]) => round)).size,
    fraction: null,
    warnings: null,
    failure: null,
  } as const;
  const kind = rest.sync ? 'sync' : 'output';
  const outputs = finished
    .toSorted(([a, b], [c, d]) => a - c || b - d)
    .map(
      ([round, ordinal]) =>
        ({ id: `file-${round}-${ordinal}`, kind, round, ordinal, content_type: 'image/png' }) as FileRow,
    );
  return {
    status: statusOf({ ...common, version, ahead: rest.ahead ?? null }),
    outcome:
      outputs.length > 0 || rest.ended
        ? {
            ...common,
            sync_mode: rest.sync === true,
            seed: 1,
            cost: 39_000,
            backend: 'sandbox',
            adjustments: null,
            outputs,
          }
        : undefined,
  };
}

/** A connection whose reader takes `room` events before it is behind. */
function connect(
  source: { now: Followed | undefined },
  lastId: string | undefined,
  room = Number.POSITIVE_INFINITY,
) {
  const sent: StreamEvent[] = [];
  const connection = { ended: false, room };
  const stream = {
    get behind() {
      return sent.length >= connection.room;
    },
    // As it was when it was sent.
    send: (event: StreamEvent) => void sent.push({ ...event, data: JSON.parse(event.data) }),
    end: () => {
      connection.ended = true;
    },
  };
  const shown = { baseUrl: 'http://localhost', includeCost: true };
  const { tell } = createTeller(stream, source, readSeen(lastId, ID), shown);
  return { sent, connection, tell };
}

const told = (now: Followed, lastId?: string): StreamEvent[] => {
  const { sent, tell } = connect({ now }, lastId);
  tell();
  return sent;
};

describe('a first connection is told', () => {
  test('the state, of one that waits', () => {
    expect(told(snapshot(0, 1, [], { ahead: 3 }))).toMatchObject([
      { event: 'status', data: { status: 'in_queue', queue_position: 3 } },
    ]);
  });

  test('what is finished and then the state, of one that runs', () => {
    expect(told(snapshot(3, 4, [[2, 0]]))).toMatchObject([
      { event: 'output', data: { index: 2, ordinal: 0, url: 'http://localhost/files/file-2-0/output.png' } },
      { event: 'status', data: { status: 'in_progress', progress: { done: 1, total: 4 } } },
    ]);
  });

  test('all there was and the end, of one that has ended', () => {
    const events = told(
      snapshot(
        3,
        2,
        [
          [0, 0],
          [1, 0],
        ],
        { ended: true },
      ),
    );
    expect(events.map(({ event }) => event)).toEqual(['output', 'output', 'status', 'end']);
    expect(events.at(-1)).toMatchObject({
      data: {
        status: 'completed',
        cost: 0.039,
        output: { images: [expect.any(String), expect.any(String)] },
      },
    });
  });

  test('the outputs of a synchronous request without their bytes, which are given once by the result', () => {
    const events = told(snapshot(3, 1, [[0, 0]], { ended: true, sync: true }));
    expect(events[0]!.data).not.toHaveProperty('url');
    expect(events.at(-1)!.data).not.toHaveProperty('output');
    expect(events.at(-1)!.data).toMatchObject({ files: [{ content_type: 'image/png' }] });
  });
});

test('an id that is none of ours has seen nothing', () => {
  const now = snapshot(3, 2, [[0, 0]]);
  const forms = ['', 'x', '7', '3-.1 ', `${'9'.repeat(20)}-.1`, '3-.g', '3-.1.END', '\u0000', 'end'];
  for (const id of [...forms, ...forms.map((form) => `000000.${form}`)])
    expect(told(now, id), id).toEqual(told(now));
  expect(told(now, '000000.3-.1')).toEqual([]);
  // As one of another request, which it may well be.
  expect(told(now, '000001.3-.1.end')).toEqual(told(now));
});

test('a request that is gone ends the stream without an end of its own', () => {
  const source: { now: Followed | undefined } = { now: undefined };
  const { sent, connection, tell } = connect(source, undefined);
  tell();
  expect([sent, connection.ended]).toEqual([[], true]);
});

/** Positions first, then outputs in any order, then the end. */
const histories = fc
  .record({
    positions: fc.integer({ min: 0, max: 3 }),
    perRound: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }),
    order: fc.infiniteStream(fc.nat()),
  })
  .map(({ positions, perRound, order }) => {
    const states: Followed[] = [];
    for (let ahead = positions; ahead >= 0; ahead--) states.push(snapshot(0, perRound.length, [], { ahead }));
    const left = perRound.map((_, round) => round);
    const finished: [number, number][] = [];
    let version = 1;
    states.push(snapshot(version++, perRound.length, []));
    while (left.length > 0) {
      const [round] = left.splice(order.next().value! % left.length, 1);
      for (let ordinal = 0; ordinal < perRound[round!]!; ordinal++) finished.push([round!, ordinal]);
      states.push(snapshot(version++, perRound.length, [...finished]));
    }
    states.push(snapshot(version, perRound.length, finished, { ended: true }));
    return { states, outputs: finished.length };
  });

test('however often it is cut off or falls behind, a reader sees every output once, no state twice, and the end', () => {
  const happenings = fc.infiniteStream(
    fc.record({ lost: fc.nat(4), room: fc.nat(3), cut: fc.boolean(), skip: fc.nat(2) }),
  );
  fc.assert(
    fc.property(histories, happenings, ({ states, outputs }, happening) => {
      const source: { now: Followed | undefined } = { now: states[0] };
      const received: StreamEvent[] = [];
      let at = 0;
      let open = connect(source, undefined, 1);
      for (let turns = 0; received.at(-1)?.event !== 'end'; turns++) {
        expect(turns).toBeLessThan(1000);
        const { lost, room, cut, skip } = happening.next().value!;
        // What is skipped came and went while nobody told.
        at = Math.min(at + skip, states.length - 1);
        source.now = states[at];
        open.connection.room += room;
        open.tell();
        if (!cut && !open.connection.ended) continue;
        // The last ones were on their way and did not arrive.
        const arrived = Math.max(0, open.sent.length - (turns % 3 === 0 ? lost : 0));
        received.push(...open.sent.slice(0, arrived));
        open = connect(source, received.at(-1)?.id, room);
      }
      const kinds = Map.groupBy(received, ({ event }) => event);
      expect(kinds.get('output')).toHaveLength(outputs);
      expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
      const statuses = kinds.get('status')!.map(({ data }) => JSON.stringify(data));
      expect(new Set(statuses).size).toBe(statuses.length);
      expect(kinds.get('status')!.at(-1)).toMatchObject({ data: { status: 'completed' } });
      expect(kinds.get('end')).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});

test('a reader that was behind is told the state as it is, not those in between', () => {
  const source: { now: Followed | undefined } = { now: snapshot(1, 1, []) };
  const { sent, connection, tell } = connect(source, undefined, 1);
  tell();
  for (let version = 2; version < 100; version++) {
    source.now = snapshot(version, 1, []);
    tell();
  }
  expect(sent.map(({ id }) => id)).toEqual(['000000.1-.']);
  connection.room = 10;
  tell();
  expect(sent.map(({ id }) => id)).toEqual(['000000.1-.', '000000.99-.']);
});
