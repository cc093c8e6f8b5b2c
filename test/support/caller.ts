/** `darkroom …` as somebody uses it who has nothing but a key of a server. */
import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { darkroom, type Ended, MAIN, NO_LOGINS, type RunOptions } from './command.ts';
import { type Program, startProgram } from './program.ts';
import type { TestServer } from './server.ts';

type Place = Pick<TestServer, 'url' | 'key'>;

export const callerEnv = ({ url, key }: Place): Record<string, string> => ({
  ...NO_LOGINS,
  DARKROOM_BASE_URL: url,
  DARKROOM_API_KEY: key,
});

export interface Caller {
  /** The folder that commands are called in. */
  cwd: string;
  darkroom(parameters: string[], options?: RunOptions): Promise<Ended>;
  /** One that goes on running. */
  start(parameters: string[], env?: Record<string, string>): Program;
}

/** In an empty folder of its own below `folder`. */
export async function makeCaller(server: Place, folder: string): Promise<Caller> {
  const cwd = await realpath(await mkdtemp(join(folder, 'caller-')));
  const env = callerEnv(server);
  return {
    cwd,
    darkroom: (parameters, options = {}) =>
      darkroom(parameters, { cwd, ...options, env: { ...env, ...options.env } }),
    start: (parameters, more = {}) =>
      startProgram(process.execPath, [MAIN, ...parameters], { cwd, env: { ...env, ...more } }),
  };
}
