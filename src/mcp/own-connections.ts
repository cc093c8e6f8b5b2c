/** Connections of this process to itself. */
import { Agent, buildConnector, fetch as connect } from 'undici';

export interface OwnConnections {
  /**
   * A `fetch` that reaches `baseUrl` in this process: so the server sees the name that its clients know it by, whatever lies between
   * them, and its URLs are theirs.
   */
  fetch(baseUrl: string, target: string | URL | Request, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** @param address where this process listens, once it does */
export function openOwnConnections(address: () => string): OwnConnections {
  const open = buildConnector({});
  // All lead here, whatever name they are for.
  const dispatcher = new Agent({
    connect(options, callback) {
      const { hostname, port } = new URL(address());
      open({ ...options, hostname: hostname.replace(/^\[|\]$/g, ''), port: port || '80' }, callback);
    },
  });
  return {
    async fetch(baseUrl, target, init = {}) {
      const url = String(target instanceof Request ? target.url : target);
      if (!url.startsWith(`${baseUrl}/`)) return fetch(target, init);
      const { host } = new URL(baseUrl);
      const options = { ...init, dispatcher } as Parameters<typeof connect>[1];
      return (await connect(`http://${host}${url.slice(baseUrl.length)}`, options)) as unknown as Response;
    },
    close: () => dispatcher.destroy(),
  };
}
