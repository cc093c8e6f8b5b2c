/** `darkroom link`: signs in to the web app without a key. */
import type { Command } from 'commander';
import { findAccount, findOperator } from '../accounts/accounts.ts';
import { createSignInLink } from '../accounts/sign-in-links.ts';
import { readServerNote } from './announce-server.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { withDatabase } from './with-database.ts';

export function linkCommand(command: Command): void {
  command
    .argument('[account]', "account to sign in to, by its name or id; the operator's unless told")
    .option('--address <url>', 'where browsers reach the server, unless at its public URL or on this machine')
    .action((account: string | undefined, { address }: { address?: string }) => {
      const loaded = loadConfig();
      const { publicUrl, port, dataDir, linkLifetimeMs } = loaded.config;
      return withDatabase(loaded, async (db) => {
        const accountId = account === undefined ? await findOperator(db) : await findAccount(db, account);
        if (!accountId)
          throw new CommandError(
            account === undefined
              ? 'There is no operator account. Name one: darkroom link <account>'
              : `There is no account ${account}. \`darkroom accounts list\` shows what there is.`,
          );
        const { path } = await createSignInLink(db, accountId, linkLifetimeMs);
        const base =
          address ?? publicUrl ?? (await readServerNote(dataDir))?.url ?? `http://localhost:${port}`;
        process.stdout.write(`${base.replace(/\/+$/, '')}${path}\n`);
      });
    });
}
