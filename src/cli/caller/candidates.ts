/** What completion asks a server for: quickly or not at all, since somebody waits with a finger on the key. */
import type { Command } from 'commander';
import type { Darkroom } from '../../client/index.ts';
import { commandOfModel } from './command-of-model.ts';
import { clientOf, findConnection, peekAtConnection } from './connection.ts';
import { take } from './take.ts';

export interface Candidate {
  value: string;
  description: string;
}

const PATIENCE_MS = 1_500;

export const modelIds = (words: readonly string[]): Promise<Candidate[]> =>
  asking(words, [], async (darkroom) => {
    const { models } = await darkroom.models.list({ limit: 100 }).page();
    return models.map(({ model_id, display_name }) => ({ value: model_id, description: display_name }));
  });

export const requestIds = (words: readonly string[]): Promise<Candidate[]> =>
  asking(words, [], async (darkroom) => {
    const latest = await take(darkroom.requests.list({ limit: 20 }), 20);
    return latest.map(({ request_id, status, input }) => ({
      value: request_id,
      description: `${status} ${String(input?.prompt ?? '').slice(0, 40)}`,
    }));
  });

/** `command` with the options of a model; as it is where the server does not tell them. */
export const withModel = (command: Command, modelId: string, words: readonly string[]): Promise<Command> =>
  asking(
    words,
    command,
    async (darkroom) => commandOfModel(command, modelId, await darkroom.models.get(modelId)).command,
  );

async function asking<Answer>(
  words: readonly string[],
  otherwise: Answer,
  ask: (darkroom: Darkroom) => Promise<Answer>,
): Promise<Answer> {
  try {
    // What only looks makes no key.
    const connection = await findConnection(peekAtConnection(words), { mayMakeKey: false });
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const darkroom = clientOf(connection, {
      fetch: (url, init) => fetch(url, { ...init, signal: patience }),
    });
    return await ask(darkroom);
  } catch {
    return otherwise;
  }
}
