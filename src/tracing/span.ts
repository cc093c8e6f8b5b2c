/** A stretch of work as traces show it. Where nothing is traced there is one span for all, which does nothing. */

type Attributes = Record<string, string | number | boolean | undefined>;

export interface SpanOptions {
  /** Who asks whom: `server` is asked from outside, `client` asks, `consumer` goes on with what another process has left. */
  kind?: 'internal' | 'server' | 'client' | 'consumer';
  attributes?: Attributes;
  /** When it began, if not now; as a `Date`, or in the database's words. */
  startedAt?: Date | string;
}

export interface Span {
  /** Begins a span below this one. */
  child(name: string, options?: SpanOptions): Span;
  set(attributes: Attributes): void;
  /** Something that happened at this moment. */
  event(name: string, attributes?: Attributes): void;
  /** It went wrong. `code` is one of ours that callers may see, never a text from outside. */
  fail(code: string): void;
  end(endedAt?: Date | string): void;
  /** What another process goes on from; undefined where nothing is traced. */
  readonly context: string | undefined;
  /** What an HTTP call takes along, so that the other side can go on. */
  readonly headers: Record<string, string>;
}

export const NO_SPAN: Span = {
  child: () => NO_SPAN,
  set() {},
  event() {},
  fail() {},
  end() {},
  context: undefined,
  headers: {},
};

/** Runs `work` in `span` and ends it; `codeOf` names what went wrong, undefined where that is no failure. */
export async function within<Result>(
  span: Span,
  codeOf: (error: unknown) => string | undefined,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(span);
  } catch (error) {
    const code = codeOf(error);
    if (code !== undefined) span.fail(code);
    throw error;
  } finally {
    span.end();
  }
}

/** For log lines about what a trace shows: `{ trace_id }`, or nothing. @param context of a span, or as stored */
export const logFields = (context: string | null | undefined): { trace_id?: string } =>
  context ? { trace_id: context.split('-', 2)[1]! } : {};
