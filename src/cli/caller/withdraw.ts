/** Taking back a request that somebody no longer waits for. */
import type { Darkroom } from '../../client/index.ts';
import type { Connection } from './connection.ts';
import { hintAt } from './hint.ts';

const WITHDRAW_MS = 5_000;

/** Cancels it if it still waits. @returns in a sentence what becomes of it. */
export async function withdraw(
  darkroom: Darkroom,
  connection: Connection,
  requestId: string,
): Promise<string> {
  const later = `${hintAt(connection, `result ${requestId}`)} waits for it and fetches its outputs.`;
  try {
    const { status, outcome } = await darkroom.cancel(requestId, {
      signal: AbortSignal.timeout(WITHDRAW_MS),
    });
    if (outcome === 'cancelled' || status === 'cancelled')
      return `Cancelled ${requestId}: it had not started, and costs nothing.`;
    if (status === 'completed')
      return `It has ended already: ${hintAt(connection, `result ${requestId}`)} fetches its outputs.`;
    return `It runs already and goes on: ${later}`;
  } catch {
    return `It could not be cancelled, and may go on: ${later}`;
  }
}
