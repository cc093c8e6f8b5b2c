/** What traces are made of; `open-tracing.ts` says by what. */
import { NO_SPAN, type Span, type SpanOptions } from './span.ts';

export interface Tracing extends AsyncDisposable {
  /** Whether any span is ever made. */
  readonly on: boolean;
  /** Goes on with the trace that a call came with (W3C Trace Context), or begins one. */
  receive(name: string, headers: CallHeaders, options?: SpanOptions): Span;
  /** Goes on from what was kept of a span: its `context`; without one, nothing is traced. */
  resume(name: string, context: string | null, options?: SpanOptions): Span;
}

export type CallHeaders = Readonly<Record<string, string | string[] | undefined>>;

export const NO_TRACING: Tracing = {
  on: false,
  receive: () => NO_SPAN,
  resume: () => NO_SPAN,
  async [Symbol.asyncDispose]() {},
};

export interface TracingProcess {
  /** What it does, to tell processes apart. */
  role: string;
  version: string;
}
