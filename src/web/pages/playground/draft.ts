/** What is being written stays while one looks elsewhere: in this tab, for each account and model, until the tab is closed. */
import { type Input, settled } from './input.ts';

export interface Draft {
  input: Input;
  /** The request that was shown beside it. */
  request?: string | undefined;
}

const keyOf = (accountId: string, modelId: string): string => `darkroom.draft.${accountId}.${modelId}`;
/** Storage is small, and shared with everything else. */
const MOST_CHARACTERS = 100_000;

export function readDraft(accountId: string, modelId: string): Draft | undefined {
  try {
    const draft: unknown = JSON.parse(sessionStorage.getItem(keyOf(accountId, modelId)) ?? 'null');
    const isDraft = typeof draft === 'object' && draft !== null && 'input' in draft;
    return isDraft ? (draft as Draft) : undefined;
  } catch {
    return undefined;
  }
}

export function writeDraft(accountId: string, modelId: string, { input, request }: Draft): void {
  const kept = Object.fromEntries(Object.entries(input).map(([name, value]) => [name, settled(value)]));
  const text = JSON.stringify({ input: kept, request });
  try {
    if (text.length <= MOST_CHARACTERS) sessionStorage.setItem(keyOf(accountId, modelId), text);
  } catch {
    // No room, or none is given: what is written is lost at the next page, and nothing else.
  }
}
