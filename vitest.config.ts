import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: './test/support/cluster-template.ts',
    pool: 'forks',
    maxWorkers: 4,
    // Real processes on machines that others use too: bounds in time break there now and then. Whoever needed it is named in the end.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
