/** Whether backends answer, looked at only while somebody wants to know, and seldom. */
import type { Logger } from 'pino';
import type { BackendRegistry } from '../backends/registry.ts';
import { writeMoment } from './moment.ts';

type Backend = BackendRegistry['backends'][number];

interface KnownHealth {
  /** Null: not known yet. */
  reachable: boolean | null;
  message: string;
  checked_at: string | null;
}

/** A look may call far sides: not more often than this, however many ask. */
const SERVES_MS = 15_000;
const LOOK_TIMEOUT_MS = 5000;
/** Who asks first waits this long for the first look; later ones get what the last one found. */
const FIRST_WAIT_MS = 2000;

/** @returns what is known of each backend, by its name; looks again behind that when it is old. */
export function createBackendHealth(
  backends: readonly Backend[],
  log: Logger,
): () => Promise<ReadonlyMap<string, KnownHealth>> {
  const known = new Map<string, KnownHealth>(
    backends.map(({ name }) => [
      name,
      { reachable: null, message: 'has not answered yet', checked_at: null },
    ]),
  );
  let underWay: Promise<unknown> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  async function look(backend: Backend): Promise<void> {
    const found = await healthOf(backend).catch((error: unknown) => {
      log.debug({ err: error, backend: backend.name }, 'could not look whether a backend answers');
      return { reachable: false, message: `did not answer within ${LOOK_TIMEOUT_MS / 1000} s` };
    });
    known.set(backend.name, {
      reachable: found.reachable,
      message: found.message,
      checked_at: writeMoment(new Date()),
    });
  }

  return async () => {
    const first = lookedAtMs === Number.NEGATIVE_INFINITY;
    if (performance.now() - lookedAtMs > SERVES_MS && !underWay) {
      lookedAtMs = performance.now();
      underWay = Promise.all(backends.map(look)).finally(() => {
        underWay = undefined;
      });
    }
    if (first && underWay) await atMost(underWay, FIRST_WAIT_MS);
    return known;
  };
}

const healthOf = async (backend: Backend) =>
  (await backend.health?.(AbortSignal.timeout(LOOK_TIMEOUT_MS))) ?? {
    reachable: true,
    message: 'is part of Darkroom',
  };

async function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, enough]).finally(() => clearTimeout(timer));
}
