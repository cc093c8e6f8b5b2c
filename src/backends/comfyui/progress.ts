/** What the server tells over its WebSocket while a prompt runs. A hint only: losing it loses nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Server } from './http.ts';
import { isRecord, type Workflow } from './workflow.ts';

export interface Event {
  /** 0..1, where the steps of the nodes that count are known. */
  fraction?: number;
  /** It is over, one way or the other: time to look. */
  ended?: boolean;
}

const ENDINGS = ['execution_success', 'execution_error', 'execution_interrupted'];

/** Reads the messages about one prompt. What is not about it, and what is not understood, is no event. */
export function createEventReader(
  promptId: () => string,
  workflow: Workflow,
): (message: string) => Event | undefined {
  const nodes = workflow.bindings.progress;
  const shares = new Map<string, number>();

  const advance = (node: unknown, share: number): boolean => {
    if (typeof node !== 'string' || !nodes.includes(node) || !(share >= 0 && share <= 1)) return false;
    shares.set(node, Math.max(share, shares.get(node) ?? 0));
    return true;
  };
  const fraction = (): Event => ({
    fraction: [...shares.values()].reduce((sum, share) => sum + share, 0) / nodes.length,
  });

  return (message) => {
    const parsed = parse(message);
    if (!parsed) return undefined;
    const { type, data } = parsed;
    if (data.prompt_id !== undefined && data.prompt_id !== promptId()) return undefined;
    if (ENDINGS.includes(type)) return { ended: true };
    if (type === 'executing') return data.node === null ? { ended: true } : undefined;
    if (type === 'progress')
      return advance(data.node, Number(data.value) / Number(data.max)) ? fraction() : undefined;
    if (type === 'execution_cached' && Array.isArray(data.nodes))
      return data.nodes.filter((node) => advance(node, 1)).length > 0 ? fraction() : undefined;
    if (type === 'progress_state' && isRecord(data.nodes)) {
      const moved = Object.entries(data.nodes).filter(([node, state]) => advance(node, shareOf(state)));
      return moved.length > 0 ? fraction() : undefined;
    }
    return undefined;
  };
}

/** A node of `progress_state`; one that has ended counts whole, whatever its last step was. */
const shareOf = (state: unknown): number =>
  isRecord(state) ? (state.state === 'finished' ? 1 : Number(state.value) / Number(state.max)) : Number.NaN;

function parse(message: string): { type: string; data: Record<string, unknown> } | undefined {
  try {
    const value: unknown = JSON.parse(message);
    if (isRecord(value) && typeof value.type === 'string' && isRecord(value.data))
      return { type: value.type, data: value.data };
  } catch {
    // Not ours to mind: the truth comes by polling.
  }
  return undefined;
}

export interface Watch extends Disposable {
  /** Resolves when the first connection stands, or was refused: from then on nothing is missed that can be had. */
  settled: Promise<void>;
}

/** Previews of large pictures travel over it too. */
const MAX_MESSAGE_BYTES = 64 * 2 ** 20;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

export interface WatchOptions {
  /** What the prompt is posted under: the server sends its events to the socket of that client. */
  clientId: string;
  timeoutMs: number;
  onMessage(message: string): void;
}

/** Listens until it is disposed; connects again, ever more slowly, when the connection is lost. */
export function watchEvents(server: Server, options: WatchOptions): Watch {
  const url = new URL(`ws?clientId=${options.clientId}`, server.base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  let socket: WebSocket | undefined;

  const connection = (): Promise<boolean> =>
    new Promise((resolve) => {
      let opened = false;
      socket = new WebSocket(url, {
        maxPayload: MAX_MESSAGE_BYTES,
        handshakeTimeout: options.timeoutMs,
        perMessageDeflate: false,
        ...(server.authorization !== undefined && { headers: { authorization: server.authorization } }),
      });
      socket.on('open', () => {
        opened = true;
        first.resolve();
      });
      // Binary messages are previews.
      socket.on('message', (data, isBinary) => {
        if (!isBinary) options.onMessage(data.toString());
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        first.resolve();
        resolve(opened);
      });
    });

  void (async () => {
    let delayMs = FIRST_RETRY_MS;
    while (!stop.signal.aborted) {
      if (await connection()) delayMs = FIRST_RETRY_MS;
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => {});
      delayMs = Math.min(LONGEST_RETRY_MS, delayMs * 2);
    }
  })();

  return {
    settled: first.promise,
    [Symbol.dispose]() {
      stop.abort();
      socket?.terminate();
    },
  };
}
