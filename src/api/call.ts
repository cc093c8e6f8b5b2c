/** What is read of a call, whichever way it has come in. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Identity } from '../accounts/authenticate.ts';
import type { Span } from '../tracing/span.ts';

export interface Call {
  headers: IncomingHttpHeaders;
  /** Parsed. */
  query: unknown;
  /** Parsed; undefined where there is none. */
  body: unknown;
  identity: Identity;
  /** Where it is traced. */
  span: Span | null;
  socket: { localPort?: number | undefined };
}

/** What a call is answered with. */
export interface CallAnswer {
  code: number;
  headers: Record<string, string>;
  body?: string;
}
