/** The key of an installation, which encrypts what has to be stored and read again. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSecretKey } from './parse.ts';

const FILE = 'secret-key';
const KEY_BYTES = 32;

/**
 * The configured keys, else the one in the data folder, which is made there if there is none.
 * @returns the one to encrypt with first; the others only decrypt.
 */
export async function openSecretKeys(configured: readonly Buffer[], dataDir: string): Promise<Buffer[]> {
  if (configured.length > 0) return [...configured];
  const path = join(dataDir, FILE);
  const text = (await readIfThere(path)) ?? (await make(dataDir, path));
  try {
    return [parseSecretKey(text.trim())];
  } catch (error) {
    throw new Error(`${path} ${(error as Error).message}. Restore it from a backup.`);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written whole beside its place and then put there, so that nobody reads half of it and of two that do it one wins. */
async function make(dataDir: string, path: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}
