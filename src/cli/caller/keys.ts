/** Keys of one's own account, on a server. */
import type { Darkroom } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import type { CreateKeyOptions } from '../options.ts';
import { showKeys, theOne } from '../shown-keys.ts';
import { printJson } from './call.ts';

export async function createServerKey(darkroom: Darkroom, options: CreateKeyOptions): Promise<void> {
  if (options.account !== undefined)
    throw new CommandError(
      'On a server, a key belongs to the account that you call with. Leave --account out, or add --local on its machine.',
    );
  const { id, key } = await darkroom.keys.create({
    name: options.name,
    scopes: options.scopes,
    monthly_budget_usd: options.budget ?? null,
    requests_per_minute: options.ratePerMinute ?? null,
    expires_at: options.expires ?? null,
  });
  if (options.json) printJson({ id, key });
  else process.stdout.write(`${key}\n`);
}

export async function listServerKeys(darkroom: Darkroom, options: { json?: boolean }): Promise<void> {
  const keys = await darkroom.keys.list();
  if (options.json) printJson(keys);
  else showKeys(keys);
}

export async function revokeServerKey(darkroom: Darkroom, idOrHint: string): Promise<void> {
  const keys = await darkroom.keys.list();
  // As it is shown, with the sign for what is left out.
  const hint = idOrHint.replace(/…$/, '');
  const { id, name } = theOne(
    keys.filter((key) => key.id === idOrHint || key.hint === hint),
    idOrHint,
  );
  await darkroom.keys.delete(id);
  process.stdout.write(`Revoked ${id} (${name}).\n`);
}
