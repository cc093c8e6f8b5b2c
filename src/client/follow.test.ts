import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { follow } from './follow.ts';
import { Transport } from './transport.ts';
import type { Update } from './types.ts';

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

/** A server without events. Its status is that of the last moment that has come; `wait` holds an answer until the next. */
function serverOf(moments: [atMs: number, status: string][], knowsWait: boolean) {
  const asked: [atMs: number, query: string][] = [];
  const statusAt = (ms: number): string => moments.findLast(([atMs]) => atMs <= ms)![1];
  const fetch: typeof globalThis.fetch = async (url) => {
    const { pathname, search, searchParams } = new URL(String(url));
    if (pathname.endsWith('/events')) return new Response('', { status: 404 });
    asked.push([Date.now(), search]);
    const seconds = knowsWait ? Number(searchParams.get('wait')) : 0;
    const next = moments.find(([atMs]) => atMs > Date.now())?.[0] ?? Number.POSITIVE_INFINITY;
    await new Promise((resolve) => setTimeout(resolve, Math.min(seconds * 1000, next - Date.now())));
    return Response.json({ request_id: 'r', status: statusAt(Date.now()) });
  };
  return {
    asked,
    transport: (host: 'darkroom' | 'runcomfy') =>
      new Transport({ apiKey: 'k', baseUrl: 'http://a', fetch, host }),
  };
}

async function statusesOf(updates: AsyncGenerator<Update>): Promise<string[]> {
  const statuses: string[] = [];
  for await (const update of updates) if (update.type === 'status') statuses.push(update.status);
  return statuses;
}

const LIFE: [number, string][] = [
  [0, 'in_queue'],
  [30_000, 'in_progress'],
  [31_000, 'completed'],
];

test('a server that can wait is asked once for each change, and for each 20 s without one', async () => {
  const { transport, asked } = serverOf(LIFE, true);
  const following = statusesOf(follow(transport('darkroom'), 'r', {}));
  await vi.runAllTimersAsync();
  expect(await following).toEqual(['in_queue', 'in_progress', 'completed']);
  expect(Date.now()).toBe(31_000);
  expect(asked).toEqual([
    // Whether it is there at all, how it is, and then what becomes of it.
    [0, ''],
    [0, ''],
    [0, '?wait=20'],
    [20_000, '?wait=20'],
    [30_000, '?wait=20'],
  ]);
});

test.each(['darkroom', 'runcomfy'] as const)(
  'a server that cannot is asked less and less often while nothing changes, as %s',
  async (host) => {
    const life: typeof LIFE = [...LIFE.slice(0, 2), [60_000, 'completed']];
    const { transport, asked } = serverOf(life, false);
    const following = statusesOf(follow(transport(host), 'r', {}));
    await vi.runAllTimersAsync();
    expect(await following).toEqual(['in_queue', 'in_progress', 'completed']);
    const pauses = asked.map(([atMs], index) => atMs - (asked[index - 1]?.[0] ?? 0)).filter((ms) => ms > 0);
    const growing = [500, 750, 1125, 1687, 2531, 3796, 5000];
    expect(pauses.slice(0, 7)).toEqual(growing);
    // After a change it is asked soon again.
    const changed = asked.findIndex(([atMs]) => atMs >= 30_000) - (asked.length - pauses.length);
    expect(pauses.slice(changed + 1, changed + 8)).toEqual(growing);
    expect(Math.max(...pauses)).toBe(5_000);
  },
);
