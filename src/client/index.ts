/** The TypeScript SDK of Darkroom: docs/sdk.md. */
export type { EventsOptions } from './account-events.ts';
export type * from './account-types.ts';
export {
  Darkroom,
  type ResultOptions,
  type RunOptions,
  type UsageOptions,
  type WaitOptions,
} from './darkroom.ts';
export * from './errors.ts';
export type { UploadOptions } from './files.ts';
export type { StatusOptions } from './follow.ts';
export type { List } from './list.ts';
export type { LanguageOptions, ModelFilters } from './model-catalogue.ts';
export type * from './models.ts';
export type { DarkroomOptions } from './options.ts';
export { outputUrls } from './output-urls.ts';
export type { RequestFilters } from './requests.ts';
export { type FileSource, file, type ImageInput, type LocalFile } from './sources.ts';
export type { SubmitOptions } from './submit.ts';
export type { CallOptions } from './transport.ts';
export type * from './types.ts';
export type { UploadProgress } from './upload-form.ts';
export type { DeliveryFilters, RotateOptions } from './webhooks.ts';
