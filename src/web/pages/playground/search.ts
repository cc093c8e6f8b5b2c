/** What of the playground stands in the URL. */
export interface PlaygroundSearch {
  /** Whose input and result are shown. */
  request?: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readPlaygroundSearch({ request }: Record<string, unknown>): PlaygroundSearch {
  return typeof request === 'string' && UUID.test(request) ? { request: request.toLowerCase() } : {};
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** When the page was opened with something new in its draft: it is to begin with that. */
    begun?: number;
  }
}
