/** What telling others needs: where it may go, what signs it, what it says. */
import type { Logger } from 'pino';
import type { Config, Secrets } from '../config/config.ts';
import { openSecretKeys } from '../config/secret-key.ts';
import { createSafeFetch, type SafeFetch } from '../files/safe-fetch.ts';
import { createSecretBox } from '../lib/secret-box.ts';
import type { ComposeContext } from './compose.ts';
import { countUnreadableSecrets } from './secrets.ts';

export interface Webhooks extends ComposeContext, Pick<SafeFetch, 'check' | 'post'> {}

export async function openWebhooks(
  config: Config,
  secrets: Secrets,
  log: Logger,
  parts: Pick<ComposeContext, 'db' | 'readOutcome' | 'render'>,
): Promise<Webhooks> {
  const keys = await openSecretKeys(secrets.secretKeys, config.dataDir);
  const box = createSecretBox(keys, 'webhook secrets');
  const unreadable = await countUnreadableSecrets(parts.db, box);
  if (unreadable > 0)
    log.error(
      { secrets: unreadable },
      'webhook secrets were encrypted with another key: set DARKROOM_SECRET_KEY to it, or rotate them',
    );
  // What inputs may be fetched from is not where strangers may have something posted to.
  const { check, post } = createSafeFetch({ allowInputHosts: config.allowWebhookHosts });
  return { ...parts, box, publicUrl: config.publicUrl, check, post };
}
