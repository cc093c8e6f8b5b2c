/** Where a person's own settings lie. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `~/.config/darkroom`, or where XDG or Windows want it. */
export function configFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  // A relative one is to be ignored, says the specification.
  if (env.XDG_CONFIG_HOME && /^([/\\]|[A-Za-z]:)/.test(env.XDG_CONFIG_HOME))
    return join(env.XDG_CONFIG_HOME, 'darkroom');
  if (platform === 'win32' && env.APPDATA) return join(env.APPDATA, 'darkroom');
  return join(env.HOME || homedir(), '.config', 'darkroom');
}
