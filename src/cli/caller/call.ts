/** How every command that calls a server begins and ends. */
import type { Darkroom } from '../../client/index.ts';
import {
  type ClientOptions,
  type Connection,
  type ConnectionOptions,
  clientOf,
  findConnection,
} from './connection.ts';
import { errorAsJson, explainError } from './explain-error.ts';

export interface CallOptions extends ConnectionOptions {
  json?: boolean;
}

/** Calls the server that `options` lead to. What fails is explained; with `--json`, on stdout as well. */
export async function calling<Result>(
  options: CallOptions,
  work: (darkroom: Darkroom, connection: Connection) => Promise<Result>,
  client: ClientOptions = {},
): Promise<Result> {
  let connection: Connection | undefined;
  try {
    connection = await findConnection(options);
    return await work(clientOf(connection, client), connection);
  } catch (error) {
    const explained = connection ? explainError(error, connection) : error;
    if (options.json && isExplained(explained)) printJson(errorAsJson(explained));
    throw explained;
  }
}

const isExplained = (error: unknown): boolean => (error as Error).name === 'CommandError';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
