/** Outputs become files: whole or not at all, and never over another one unless told. */
import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { outputUrls, type Result } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { extensionOf, pathOf, readTarget, stemOf, type Target } from './file-names.ts';

export interface SaveOptions {
  /** A folder, or a file. */
  out: string;
  overwrite?: boolean;
  /** The command that fetches them again. */
  again: string;
  signal?: AbortSignal;
}

/** @returns the files' paths, in the order of the outputs. @throws when one cannot be fetched or written. */
export async function saveOutputs(
  result: Result,
  modelId: string | undefined,
  { out, overwrite = false, again, signal }: SaveOptions,
): Promise<string[]> {
  const stem = stemOf(result.model_id ?? modelId, result.request_id);
  const urls = outputUrls(result as Parameters<typeof outputUrls>[0]);
  const saveTo = (target: Target): Promise<string[]> =>
    Promise.all(
      urls.map((url, index) => saveOne(url, index, urls.length, target, result, overwrite, signal)),
    );
  try {
    return await saveTo(readTarget(out, stem));
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    const fate = urls.some(isInAnswer)
      ? // The server has given them away, so they have to be somewhere.
        `They are in ${(await saveTo({ folder: await mkdtemp(join(tmpdir(), 'darkroom-')), stem })).join(', ')}.`
      : `They are kept: ${again} fetches them again.`;
    throw new CommandError(`The outputs could not be saved: ${reasonOf(cause)}\n${fate}`, EXIT.saving, {
      cause,
    });
  }
}

/** Of a synchronous request. */
const isInAnswer = (url: string): boolean => url.startsWith('data:');

async function saveOne(
  url: string,
  index: number,
  count: number,
  target: Target,
  { files }: Result,
  overwrite: boolean,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { body, contentType } = await open(url, signal);
  const unfinished = join(target.folder, `.darkroom-${randomUUID()}`);
  try {
    await pipeline(body, createWriteStream(unfinished, { flags: 'wx' }), { ...(signal && { signal }) });
    const extension = extensionOf(files?.[index]?.content_type ?? contentType, url);
    const path = (attempt: number): string => pathOf(target, index, count, extension, attempt);
    if (!overwrite) return await place(unfinished, path);
    await rename(unfinished, path(1));
    return path(1);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Gives the file the first name that is free. One that is there with the same bytes is it already. */
async function place(unfinished: string, path: (attempt: number) => string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = path(attempt);
    try {
      await linkOrCopy(unfinished, name);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await hashOf(name)) === (await hashOf(unfinished))) return name;
    }
  }
}

/** Neither ever writes over what is there. Not every file system has links. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  });
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch {
    // A folder of that name, or nothing that may be read: it is not the same.
    return randomUUID();
  }
  return hash.digest('hex');
}

async function open(
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ body: Readable; contentType: string | undefined }> {
  const response = await fetch(url, { ...(signal && { signal }) });
  if (!response.ok || !response.body) throw new Error(`${url.slice(0, 200)} answers ${response.status}.`);
  return {
    body: Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    contentType: response.headers.get('content-type') ?? undefined,
  };
}

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
};
