import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { Database } from './db/database.ts';
import { createMetrics } from './metrics.ts';

const none = { backends: [], pools: [], breakerOf: () => undefined as never };
const load = () => ({ busy: 1, idle: 2, limit: 10, waiting: 3 });
const options = { version: '1.2.3', role: 'worker', dataDir: tmpdir() };

test('without the database a process tells of itself, and nothing of what it knew before', async () => {
  const gone = () => Promise.reject(new Error('gone'));
  const metrics = createMetrics({ row: gone, rows: gone, load } as unknown as Database, none, options);
  metrics.http('GET', '/v1/models', 503, 0.1);
  const { body } = await metrics.render();
  expect(body).toContain('darkroom_info{version="1.2.3",role="worker"} 1');
  expect(body).toContain('darkroom_scrape_database_failures_total 1');
  expect(body).toContain('darkroom_http_errors_total{status="503"} 1');
  expect(body).toContain('darkroom_database_connections{state="limit"} 10');
  expect(body).toContain('darkroom_database_waiting 3');
  expect(body).toMatch(/^darkroom_disk_free_bytes [1-9]/m);
  expect(body).not.toMatch(/darkroom_(queue|requests|workers)/);
});

test('a database that does not answer holds no scrape up for long', async () => {
  const never = () => new Promise<never>(() => {});
  const metrics = createMetrics({ row: never, rows: never, load } as unknown as Database, none, {
    ...options,
    databaseTimeoutMs: 20,
  });
  expect((await metrics.render()).body).toContain('darkroom_scrape_database_failures_total 1');
});
