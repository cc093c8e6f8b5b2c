/** A real terminal: tmux, which shows what a person would see. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { run } from './command.ts';
import { missingProgram } from './debian-package.ts';

/** Why there is no terminal to be had, or undefined. */
export const missingTerminal = (): Promise<string | undefined> => missingProgram('tmux');

export interface Terminal extends AsyncDisposable {
  /** Types `text`; keys by tmux's names: `Enter`, `C-c`, `Tab`. */
  type(text: string, ...keys: string[]): Promise<void>;
  press(...keys: string[]): Promise<void>;
  /** What is on the screen, without empty lines at its end; with `raw`, its colours as escape sequences. */
  screen(options?: { raw: boolean }): Promise<string>;
  /** Resolves with the screen once it has a match. */
  shows(pattern: RegExp): Promise<string>;
}

/** A program in a terminal of 140 × 40 characters. All of its environment is `env`, PATH and HOME. */
export async function openTerminal(
  command: string,
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<Terminal> {
  const socket = `darkroom-test-${randomUUID()}`;
  const tmux = async (...parameters: string[]): Promise<string> => {
    const ended = await run('tmux', ['-L', socket, '-f', '/dev/null', ...parameters], {
      cwd,
      env: { ...env, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    });
    if (ended.code !== 0) throw new Error(`tmux ${parameters.join(' ')}: ${ended.stderr}`);
    return ended.stdout;
  };
  await tmux('new-session', '-d', '-x', '140', '-y', '40', command);
  const screen = async ({ raw } = { raw: false }): Promise<string> =>
    (await tmux('capture-pane', '-p', ...(raw ? ['-e'] : []))).trimEnd();
  return {
    type: async (text, ...keys) => {
      await tmux('send-keys', '-l', '--', text);
      if (keys.length > 0) await tmux('send-keys', ...keys);
    },
    press: async (...keys) => void (await tmux('send-keys', ...keys)),
    screen,
    shows: async (pattern) => {
      let last = '';
      const look = async (): Promise<string> => {
        last = await screen();
        return last;
      };
      await expect.poll(look, { timeout: 20_000, interval: 50 }).toMatch(pattern);
      return last;
    },
    [Symbol.asyncDispose]: async () => void (await tmux('kill-server').catch(() => {})),
  };
}
