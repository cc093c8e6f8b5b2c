/** Submits and a worker without HTTP, with a backend that the test plays. */
import { join } from 'node:path';
import sharp from 'sharp';
import type { Identity } from '../../src/accounts/authenticate.ts';
import type { Backend, Round, RoundContext, RoundResult } from '../../src/backends/backend.ts';
import { type BackendRegistry, createRegistry } from '../../src/backends/registry.ts';
import type { BackendLimits } from '../../src/backends/routing.ts';
import { loadModels } from '../../src/catalog/bundled.ts';
import type { Database } from '../../src/db/database.ts';
import { type Notifications, openNotifications } from '../../src/db/notifications.ts';
import { openDiskStore } from '../../src/files/disk-store.ts';
import { createSafeFetch } from '../../src/files/safe-fetch.ts';
import type { FileStore } from '../../src/files/store.ts';
import { createBackendSlots } from '../../src/requests/backend-slots.ts';
import { readResult } from '../../src/requests/read-result.ts';
import { isEnded } from '../../src/requests/states.ts';
import type { Submission } from '../../src/requests/submission.ts';
import { createSubmit } from '../../src/requests/submit.ts';
import { startWorker, type Worker } from '../../src/requests/worker.ts';
import { NO_TRACING } from '../../src/tracing/tracing.ts';
import { temporaryFolder } from './server.ts';
import { submissionOf } from './submission.ts';
import { silent, type TestDatabase } from './test-database.ts';

export const POOL = 'played';

export interface Stage extends AsyncDisposable {
  notifications: Notifications;
  store: FileStore;
  /** @returns the request's id. */
  submit(identity: Identity, submission?: Partial<Submission>): Promise<string>;
  /** A worker whose backend does what `play` says. */
  startWorker(
    play: (round: Round, context: RoundContext) => Promise<RoundResult>,
    options?: {
      concurrency?: number;
      db?: Database;
      pools?: string[];
      /** Instead of the played one alone. */
      backends?: BackendRegistry;
      limits?: ReadonlyMap<string, BackendLimits>;
      unservedGraceMs?: number;
    },
  ): Promise<Worker>;
  /** The result, once the request has ended. */
  untilEnded(identity: Identity, id: string): ReturnType<typeof readResult>;
}

export async function openStage({ db }: TestDatabase): Promise<Stage> {
  const notifications = await openNotifications(db, silent);
  const store = await openDiskStore(join(await temporaryFolder(), 'files'));
  const catalog = await loadModels(undefined);
  const submit = createSubmit(db, notifications);
  return {
    notifications,
    store,
    async submit(identity, submission = {}) {
      const input = { prompt: 'a test', output_format: 'png' };
      const { requestId } = await submit(submissionOf(identity, POOL, { input, ...submission }));
      return requestId;
    },
    startWorker(play, options = {}) {
      const backends = options.backends ?? createRegistry([], playedBackend(POOL, play));
      return startWorker(
        {
          db: options.db ?? db,
          notifications,
          store,
          safeFetch: createSafeFetch({ allowInputHosts: [] }),
          backends,
          slots: createBackendSlots(options.db ?? db, options.limits ?? new Map()),
          catalog,
          log: silent,
          tracing: NO_TRACING,
          observeRound: () => {},
        },
        {
          pools: options.pools ?? backends.pools,
          concurrency: options.concurrency ?? 4,
          requestTimeoutMs: 60_000,
          description: 'a test',
          ...(options.unservedGraceMs !== undefined && { unservedGraceMs: options.unservedGraceMs }),
        },
      );
    },
    untilEnded(identity, id) {
      return new Promise((resolve, reject) => {
        const look = async (): Promise<void> => {
          const row = await readResult(db, identity.accountId, id);
          if (!row || isEnded(row.state)) {
            unsubscribe();
            resolve(row);
          }
        };
        const unsubscribe = notifications.subscribe('requests', (ids) => {
          if (ids.includes(id)) look().catch(reject);
        });
        look().catch(reject);
      });
    },
    async [Symbol.asyncDispose]() {
      await notifications[Symbol.asyncDispose]();
    },
  };
}

/** A backend that does what `play` says. */
export const playedBackend = (
  name: string,
  play: (round: Round, context: RoundContext) => Promise<RoundResult>,
  maxInputImages = 20,
): Backend => ({
  name,
  capabilities: () => ({
    maxInputImages,
    inputContentTypes: ['image/png', 'image/jpeg', 'image/webp'],
    seed: 'exact',
    reportsProgress: true,
  }),
  generate: play,
});

/** What a backend gives that has made one picture. */
export async function onePicture(costUsd?: number): Promise<RoundResult> {
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } });
  return {
    outputs: [{ bytes: await image.png().toBuffer(), contentType: 'image/png' }],
    adjustments: [],
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** Until the run is told to stop. */
export const untilStopped = ({ signal }: RoundContext): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
  });
