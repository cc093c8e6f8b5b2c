import {
  type APIError,
  type Darkroom,
  file,
  PayloadTooLargeError,
  type UploadedFile,
  ValidationError,
} from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { StatusLine } from './status-line.ts';

/** Uploads a file of this machine. @throws with its name when the server does not take it. */
export async function uploadFile(
  darkroom: Darkroom,
  path: string,
  line: StatusLine,
  signal?: AbortSignal,
): Promise<UploadedFile> {
  line.show(`uploading ${path}`);
  try {
    return await darkroom.files.upload(file(path), {
      signal,
      onProgress: ({ loaded, total }) =>
        line.show(`uploading ${path}`, `, ${Math.floor((100 * loaded) / total)} %`),
    });
  } catch (error) {
    if (!(error instanceof ValidationError || error instanceof PayloadTooLargeError)) throw error;
    throw new CommandError(`${path} ${reasonOf(error)}`, EXIT.validation, { cause: error });
  }
}

const reasonOf = ({ detail, message }: APIError): string =>
  detail.map(({ msg }) => msg).join('; ') || `was refused: ${message}`;
