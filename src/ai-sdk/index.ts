/** Darkroom's models in the AI SDK: docs/ai-sdk.md. */
export type { DarkroomProviderSettings } from './connection.ts';
export type {
  DarkroomImageSettings,
  DarkroomModelId,
  DarkroomOptions,
  DarkroomVideoSettings,
} from './options.ts';
export { createDarkroom, type DarkroomProvider, darkroom } from './provider.ts';
