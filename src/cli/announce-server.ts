/**
 * A note in the data folder of where its server answers, so that commands that are used beside it find it. It is there for
 * servers with the embedded database alone: who may read the folder may do everything there already.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAlive } from '../lib/is-alive.ts';

export interface ServerNote {
  url: string;
  /** The process that answers there. */
  pid: number;
}

const serverNoteFile = (dataDir: string): string => join(dataDir, 'server.json');

/** Leaves the note. @returns what takes it away again. */
export async function announceServer(dataDir: string, url: string): Promise<() => Promise<void>> {
  const file = serverNoteFile(dataDir);
  const note: ServerNote = { url, pid: process.pid };
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, `${JSON.stringify(note)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(unfinished, file);
  return async () => {
    // Another server may have come since.
    if ((await readServerNote(dataDir))?.pid === process.pid) await rm(file, { force: true });
  };
}

/** What the note says, if there is one and its process lives. */
export async function readServerNote(dataDir: string): Promise<ServerNote | undefined> {
  try {
    const note = JSON.parse(await readFile(serverNoteFile(dataDir), 'utf8')) as ServerNote;
    return isAlive(note.pid) && /^https?:\/\//.test(note.url) ? note : undefined;
  } catch {
    return undefined;
  }
}
