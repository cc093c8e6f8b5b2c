/** A server for the client's tests, and a connection to it that fails on demand. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { NewAccount } from '../../src/accounts/accounts.ts';
import { Darkroom } from '../../src/client/index.ts';
import { makeAccount } from './accounts.ts';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';
import { startTestServer, type TestServer } from './server.ts';

export interface SdkStageOptions {
  env?: Record<string, string>;
  /** Of the account that each test gets. */
  account?: Partial<NewAccount>;
  /** Whether the client calls through the proxy. */
  throughProxy?: boolean;
}

// Bindings of a module are live: a test file imports them, and finds in them what the hooks below have made.
export let server: TestServer;
export let proxy: FaultyProxy;
/** A new one for each test. */
export let account: Awaited<ReturnType<typeof makeAccount>>;
export let darkroom: Darkroom;

/** Has the stage set before the tests of the file that calls this, and cleared after them. */
export function setSdkStage({ env, account: options, throughProxy = true }: SdkStageOptions = {}): void {
  beforeAll(async () => {
    server = await startTestServer(env);
    proxy = await startFaultyProxy(server.url);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    account = await makeAccount(server, options);
    darkroom = new Darkroom({ apiKey: account.key, baseUrl: throughProxy ? proxy.url : server.url });
    proxy.fault = () => undefined;
    proxy.calls.length = 0;
  });
}

/** What it is rejected with. */
export const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );
