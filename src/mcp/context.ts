/** What the tools work with. */
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { Darkroom } from '../client/index.ts';
import type { Undelivered } from '../client/undelivered.ts';
import type { LocalFiles } from './local-files.ts';

export interface ToolContext {
  /** Calls with the key of whoever calls the tools. */
  darkroom: Darkroom;
  /** Whether the server knows a submit again: others would do it twice. */
  isDarkroom: boolean;
  /** Fetches outputs, whose URLs come from the server and need no key. */
  fetch: typeof fetch;
  /** Where input files of this machine may lie; absent where the caller sits elsewhere. */
  localFiles: LocalFiles | undefined;
  /** How long a call waits for its result unless it says so itself. */
  waitSeconds: number;
  undelivered: Undelivered;
  /** Tells callers apart among what is undelivered. */
  caller: string;
}

/** Of the call that a tool is answering. */
export type Call = Pick<
  RequestHandlerExtra<ServerRequest, ServerNotification>,
  'signal' | 'sendNotification' | '_meta'
>;

/** The longest that a call may ask to be held. Clients give up earlier unless told otherwise. */
export const MOST_WAIT_SECONDS = 600;
