import type { Server } from './connection.ts';

/** A command as it is to be typed, with the server that only the flag named. */
export const hintAt = ({ baseUrl, chosenBy }: Server, words: string): string =>
  `\`darkroom ${words}${chosenBy === '--base-url' ? ` --base-url ${baseUrl}` : ''}\``;
