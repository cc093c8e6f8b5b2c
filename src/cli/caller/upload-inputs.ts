/** Local files of an input become files of the server, before it is submitted. */
import { type Darkroom, NotFoundError } from '../../client/index.ts';
import { replaceFiles } from '../../client/inputs.ts';
import type { LocalFile } from '../../client/sources.ts';
import type { StatusLine } from './status-line.ts';
import { uploadFile } from './upload-file.ts';

/** A copy of `input` with URLs in their place; undefined when the server takes no uploads. */
export async function uploadInputs(
  darkroom: Darkroom,
  input: Record<string, unknown>,
  line: StatusLine,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const urls = new Map<string, string>();
  const upload = async ({ path }: LocalFile): Promise<string> => {
    const url = urls.get(path) ?? (await uploadFile(darkroom, path, line, signal)).url;
    urls.set(path, url);
    return url;
  };
  try {
    // The command line makes no sources of another kind.
    return (await replaceFiles(input, (source) => upload(source as LocalFile))) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
