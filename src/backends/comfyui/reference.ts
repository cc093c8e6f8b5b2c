/** What is kept of a prompt, so that it is found again after a crash of ours. */
import type { RemoteReference } from '../backend.ts';

export interface PromptReference {
  /** The server's name: no credentials. */
  server: string;
  /** What the server knows it by: the round's id, but on servers that make up ids. */
  promptId: string;
  /** Whose workflow it runs. */
  upstreamModel: string;
}

/** Undefined for what is none of ours. */
export function readReference(reference: RemoteReference): PromptReference | undefined {
  const { server, promptId, upstreamModel } = reference;
  return [server, promptId, upstreamModel].every((value) => typeof value === 'string')
    ? (reference as unknown as PromptReference)
    : undefined;
}
