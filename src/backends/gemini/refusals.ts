/** Why Gemini gave no picture, where it says so with HTTP 200. */

/** Reasons of a prompt's block and of a candidate's end that are about the content: asking again does not help. */
const BLOCKED: Readonly<Record<string, string>> = {
  SAFETY: 'its safety filters stopped it',
  IMAGE_SAFETY: 'its safety filters stopped the picture',
  PROHIBITED_CONTENT: 'it breaks the rules for what may be asked for',
  IMAGE_PROHIBITED_CONTENT: 'the picture would break the rules for what may be shown',
  BLOCKLIST: 'it has words that are not allowed',
  SPII: 'it has sensitive personal data',
  RECITATION: 'it is too close to existing material',
  IMAGE_RECITATION: 'the picture would be too close to existing material',
  JAILBREAK: 'it was taken for an attempt to get around the rules',
  MODEL_ARMOR: 'the filters of the project stopped it',
};

const EMPTY: Readonly<Record<string, string>> = {
  NO_IMAGE: 'it was expected to make one and did not',
  IMAGE_OTHER: 'making it was stopped for a reason it does not tell',
  OTHER: 'it was stopped for a reason it does not tell',
  STOP: 'it only answered in words',
  MALFORMED_RESPONSE: 'its answer was malformed',
  MAX_TOKENS: 'it came to the end of its tokens',
  LANGUAGE: 'it does not know the language',
};

export const isContentReason = (finishReason: string): boolean => Object.hasOwn(BLOCKED, finishReason);

/** For the caller. A blocked prompt is refused content whatever the reason. */
export function blockedMessage(reason: string): string {
  const words = Object.hasOwn(BLOCKED, reason) ? BLOCKED[reason] : 'it does not tell why';
  return `Gemini refused the content: ${words} (${code(reason)}).`;
}

/** @param said the text that came instead of a picture */
export function emptyMessage(reason: string, said: string | undefined): string {
  const words = Object.hasOwn(EMPTY, reason) ? `: ${EMPTY[reason]}` : '';
  return `Gemini gave no image${words} (${code(reason)}).${said ? ` It said: ${said}` : ''}`;
}

/** It is shown to callers and comes from outside. */
const code = (reason: string): string => (/^[A-Z_]{1,60}$/.test(reason) ? reason : 'UNKNOWN');
