import { expect, test } from 'vitest';
import { createEventReader } from './progress.ts';
import type { Workflow } from './workflow.ts';

const workflow = (...progress: string[]): Workflow => ({
  upstreamModel: 'acme/film',
  graph: {},
  bindings: { values: new Map(), images: [], outputs: ['9'], progress, sizes: undefined },
});
const message = (type: string, data: Record<string, unknown>): string => JSON.stringify({ type, data });
const progress = (node: string, value: unknown, max: unknown, prompt_id = 'p'): string =>
  message('progress', { node, value, max, prompt_id });

test('the steps of a sampler are the fraction', () => {
  const read = createEventReader(() => 'p', workflow('3'));
  expect([1, 2, 4].map((value) => read(progress('3', value, 4))?.fraction)).toEqual([0.25, 0.5, 1]);
});

test('two samplers share it, and it never goes back', () => {
  const read = createEventReader(() => 'p', workflow('3', '4'));
  const steps = [progress('3', 10, 10), progress('4', 1, 10), progress('3', 1, 10), progress('4', 10, 10)];
  expect(steps.map((step) => read(step)?.fraction)).toEqual([0.5, 0.55, 0.55, 1]);
});

test('what newer servers tell everybody is read for our prompt alone', () => {
  const read = createEventReader(() => 'p', workflow('3'));
  const nodes = { '3': { value: 1, max: 2, state: 'running' }, '8': { value: 0, max: 1, state: 'running' } };
  expect(read(message('progress_state', { prompt_id: 'q', nodes }))).toBeUndefined();
  expect(read(message('progress_state', { prompt_id: 'p', nodes }))).toEqual({ fraction: 0.5 });
  const finished = { '3': { value: 1, max: 2, state: 'finished' } };
  expect(read(message('progress_state', { prompt_id: 'p', nodes: finished }))).toEqual({ fraction: 1 });
});

test('a sampler in the cache has done its part', () => {
  const read = createEventReader(() => 'p', workflow('3', '4'));
  expect(read(message('execution_cached', { prompt_id: 'p', nodes: ['3', '8'] }))).toEqual({ fraction: 0.5 });
  expect(read(message('execution_cached', { prompt_id: 'p', nodes: [] }))).toBeUndefined();
});

test.each([
  ['a node that does not count', progress('8', 1, 2)],
  ['a maximum of nothing', progress('3', 0, 0)],
  ['more steps than there are', progress('3', 5, 4)],
  ['no numbers', progress('3', 'a', {})],
  ['another prompt', progress('3', 1, 2, 'q')],
  ['the queue', message('status', { status: { exec_info: { queue_remaining: 1 } } })],
  ['a node that begins', message('executing', { node: '3', prompt_id: 'p' })],
  ['no JSON', 'progress'],
  ['no message', '[1, 2]'],
  ['no data', JSON.stringify({ type: 'progress' })],
])('%s is no progress', (_, text) => {
  expect(createEventReader(() => 'p', workflow('3'))(text)).toBeUndefined();
});

test.each([
  message('execution_success', { prompt_id: 'p' }),
  message('execution_error', { prompt_id: 'p', traceback: [] }),
  message('execution_interrupted', { prompt_id: 'p' }),
  message('executing', { node: null, prompt_id: 'p' }),
])('%s is an end', (text) => {
  expect(createEventReader(() => 'p', workflow('3'))(text)).toEqual({ ended: true });
});
