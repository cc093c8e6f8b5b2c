/** Sessions of MCP clients over HTTP: each with the key it began with, and no more of them than there may be. */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export interface Session {
  transport: StreamableHTTPServerTransport;
  server: McpServer;
  keyHash: Buffer;
  /** Answers that are being sent now. */
  open: number;
  usedAtMs: number;
}

export interface SessionLimits {
  /** In all. */
  max: number;
  /** With one key. */
  maxPerKey: number;
  idleMs: number;
}

export interface Sessions extends AsyncDisposable {
  /** The session of that id, for whoever has its key. */
  find(id: string, key: string): Session | undefined;
  /**
   * A new one, which is kept once its client has begun it.
   * @returns undefined when there are too many, and all of them busy
   */
  begin(key: string, createServer: () => Promise<McpServer>): Promise<Session | undefined>;
}

const SWEEP_MS = 60_000;

export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

export function createSessions(limits: SessionLimits, now: () => number = Date.now): Sessions {
  const sessions = new Map<string, Session>();

  async function end(id: string): Promise<void> {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.server.close();
  }

  /** Ends the one that has been idle longest among `candidates`. */
  async function makeRoom(candidates: [string, Session][]): Promise<boolean> {
    const idle = candidates.filter(([, { open }]) => open === 0);
    const [oldest] = idle.toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    if (oldest) await end(oldest[0]);
    return oldest !== undefined;
  }

  const sweep = setInterval(() => {
    for (const [id, { open, usedAtMs }] of sessions)
      if (open === 0 && usedAtMs + limits.idleMs < now()) void end(id);
  }, SWEEP_MS).unref();

  return {
    find(id, key) {
      const session = sessions.get(id);
      return session && timingSafeEqual(session.keyHash, hashOf(key)) ? session : undefined;
    },

    async begin(key, createServer) {
      // Loaded for the first that comes: most servers start without ever having one, and sooner.
      const { StreamableHTTPServerTransport } = await import(
        '@modelcontextprotocol/sdk/server/streamableHttp.js'
      );
      const keyHash = hashOf(key);
      const ofKey = [...sessions].filter(([, session]) => session.keyHash.equals(keyHash));
      if (ofKey.length >= limits.maxPerKey && !(await makeRoom(ofKey))) return undefined;
      if (sessions.size >= limits.max && !(await makeRoom([...sessions]))) return undefined;
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, session),
        onsessionclosed: (id) => end(id),
      });
      const server = await createServer();
      const session: Session = { transport, server, keyHash, open: 0, usedAtMs: now() };
      // Its optional callbacks are declared in another way than the interface's, which only exact optional types see.
      await server.connect(transport as Parameters<McpServer['connect']>[0]);
      return session;
    },

    async [Symbol.asyncDispose]() {
      clearInterval(sweep);
      await Promise.all([...sessions.keys()].map(end));
    },
  };
}
