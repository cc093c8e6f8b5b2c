/** The server of the installation that we stand in, and a key for it: whoever may write to its database may make one. */
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { readServerNote } from '../announce-server.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { say } from './say.ts';

export interface LocalServer {
  url: string;
  dataDir: string;
}

/** The one that runs on this folder's data with the embedded database, if there is one. */
export async function findLocalServer(): Promise<LocalServer | undefined> {
  const { loadConfig } = await import('../load-config.ts');
  try {
    const { config, secrets } = loadConfig();
    if (secrets.databaseUrl) return undefined;
    const note = await readServerNote(config.dataDir);
    return note && { url: note.url, dataDir: config.dataDir };
  } catch {
    // Settings that a server would not start with are none of a caller's business.
    return undefined;
  }
}

const keyFile = (dataDir: string): string => join(dataDir, 'command-line-key');

/** The key that commands beside the server use; made at the first use, and kept in the data folder. */
export async function localKey({ dataDir }: LocalServer): Promise<string> {
  const kept = await readKey(dataDir);
  if (kept) return kept;
  const { loadConfig } = await import('../load-config.ts');
  const { withDatabase } = await import('../with-database.ts');
  const { createAccount, findAccount } = await import('../../accounts/accounts.ts');
  const { createKey, revokeKey } = await import('../../accounts/keys.ts');
  return withDatabase(loadConfig(), async (db) => {
    const accountId = (await findAccount(db, 'default')) ?? (await createAccount(db, { name: 'default' }));
    const { row, secret } = await createKey(db, {
      accountId,
      name: `command line of ${userInfo().username}`,
      scopes: ['generate'],
    });
    try {
      await writeFile(keyFile(dataDir), `${secret}\n`, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      await revokeKey(db, accountId, row.id);
      // Another command was quicker.
      const theirs = await readKey(dataDir);
      if (theirs) return theirs;
      throw new CommandError(
        `A key cannot be kept in ${dataDir}: ${(error as Error).message}\nMake one with \`darkroom keys create\`, and give it to \`darkroom login\`.`,
        EXIT.auth,
      );
    }
    say(`Made a key for the commands on this machine; it lies in ${keyFile(dataDir)}.`);
    return secret;
  });
}

async function readKey(dataDir: string): Promise<string | undefined> {
  return (await readFile(keyFile(dataDir), 'utf8').catch(() => '')).trim() || undefined;
}
