/** The command line in a real terminal: the living line, colours, pictures, hidden keys, completion. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TEXT_TO_IMAGE } from './support/api.ts';
import { type Caller, callerEnv, makeCaller } from './support/caller.ts';
import { hasProgram, MAIN, run } from './support/command.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { missingTerminal, openTerminal, type Terminal } from './support/terminal.ts';

let server: TestServer;
let caller: Caller;
let missing: string | undefined;
beforeAll(async () => {
  missing = await missingTerminal();
  server = await startTestServer();
  caller = await makeCaller(server, server.dataDir);
  // As it is on the PATH of those who have installed it.
  await mkdir(join(caller.cwd, 'bin'));
  await writeFile(join(caller.cwd, 'bashrc'), "PS1='$ '\nsource <(darkroom completion bash)\n");
  await writeFile(join(caller.cwd, 'bin', 'darkroom'), `#!/bin/sh\nexec ${process.execPath} ${MAIN} "$@"\n`, {
    mode: 0o755,
  });
}, 400_000);
afterAll(() => server[Symbol.asyncDispose]());

const openShell = (env: Record<string, string> = {}): Promise<Terminal> =>
  openTerminal('bash --rcfile bashrc', {
    cwd: caller.cwd,
    env: { ...callerEnv(server), PATH: `${caller.cwd}/bin:${process.env.PATH}`, ...env },
  });

describe('in a terminal', () => {
  test('one line lives, and goes when it is over', async ({ skip }) => {
    if (missing) skip(missing);
    await using terminal = await openShell();
    await terminal.type(
      `darkroom run ${TEXT_TO_IMAGE} --prompt '[[sandbox:slow=2500]]' --out fox.png`,
      'Enter',
    );
    const during = await terminal.shows(/\S running, \d+ % {2}\d+ s$/m);
    expect(during).toMatch(/^Request [0-9a-f-]{36}\n\S running, \d+ % {2}\d+ s$/m);
    const after = await terminal.shows(/^fox\.png\n\$$/m);
    expect(after).toMatch(/^It costs 0\.067 USD\.\nRequest \S+\nDone in \d+ s, 0\.067 USD, seed \d+\nfox/m);
    expect(await terminal.screen({ raw: true })).toContain('\u001b[32m');
  });

  test('Ctrl-C takes the line away, says what goes on, and leaves the cursor', async ({ skip }) => {
    if (missing) skip(missing);
    await using terminal = await openShell({ NO_COLOR: '1' });
    await terminal.type(
      `darkroom run ${TEXT_TO_IMAGE} --prompt '[[sandbox:slow=9000]]'; echo ended with $?`,
      'Enter',
    );
    await terminal.shows(/\S running/);
    await terminal.press('C-c');
    const screen = await terminal.shows(/^ended with \d/m);
    expect(screen).toMatch(/^ended with 130$/m);
    expect(screen.replaceAll('\n', '')).toMatch(/It runs already and goes on: `darkroom result/);
    expect(screen).not.toMatch(/running,? \d+ %/);
    expect(await terminal.screen({ raw: true })).not.toContain('\u001b[3');
  });

  test('a picture is drawn where that is asked for, and not where a multiplexer swallows it', async ({
    skip,
  }) => {
    if (missing) skip(missing);
    await using terminal = await openShell({ KITTY_WINDOW_ID: '1' });
    await terminal.type(
      `darkroom run ${TEXT_TO_IMAGE} --prompt sea --out a.png; darkroom run ${TEXT_TO_IMAGE} --prompt sea --out b.png --show blocks --quiet`,
      'Enter',
    );
    const screen = await terminal.shows(/b\.png\n(▄+\n){10}/);
    expect(screen).toMatch(/^a\.png\nb\.png\n▄{30,60}\n/m);
  });

  test('login asks for the key without showing it', async ({ skip }) => {
    if (missing) skip(missing);
    const home = join(caller.cwd, 'home');
    await using terminal = await openShell({ XDG_CONFIG_HOME: home, DARKROOM_API_KEY: '' });
    await terminal.type(`darkroom login; echo ended with $?`, 'Enter');
    await terminal.shows(/API key for http/);
    await terminal.type(server.key, 'Enter');
    const screen = await terminal.shows(/^ended with \d/m);
    expect(screen).toMatch(/Logged in to \S+ as default[\s\S]*ended with 0/);
    expect(screen).not.toContain(server.key.slice(0, 12));
    expect(await readFile(join(home, 'darkroom', 'logins.json'), 'utf8')).toContain(server.key);
  });
});

describe('completion', () => {
  test('bash completes commands, models, their options and what these allow, and files', async ({ skip }) => {
    if (missing) skip(missing);
    await writeFile(join(caller.cwd, 'portrait.png'), '');
    await using terminal = await openShell();
    await terminal.shows(/^\$$/);
    const completes = async (typed: string, to: string): Promise<void> => {
      await terminal.type(typed, 'Tab');
      const pattern = new RegExp(`^\\$ ${to.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}`, 'm');
      await terminal.shows(pattern);
      await terminal.press('C-c');
      await terminal.type('clear', 'Enter');
      await terminal.shows(/^\$$/);
    };
    await completes('darkroom canc', 'darkroom cancel');
    await completes('darkroom run google/nano-banana-2/e', 'darkroom run google/nano-banana-2/edit');
    const edit = 'darkroom run google/nano-banana-2/edit';
    // Nothing that was typed is evaluated.
    const prompt = '--prompt "it\'s $(touch evaluated)"';
    await completes(`${edit} ${prompt} --asp`, `${edit} ${prompt} --aspect-ratio`);
    expect(await readdir(caller.cwd)).not.toContain('evaluated');
    await completes(`${edit} --aspect-ratio 21:`, `${edit} --aspect-ratio 21:9`);
    await completes(`${edit} --show=bl`, `${edit} --show=blocks`);
    await completes(`${edit} --image portr`, `${edit} --image portrait.png`);
  });

  test('there is a script for each shell, and each is one', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await caller.darkroom(['completion', shell]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/darkroom completion answer -- /);
      if (!hasProgram(shell)) continue;
      const file = join(caller.cwd, `script.${shell}`);
      await writeFile(file, stdout);
      const checked = await run(shell, ['-n', file]);
      expect(checked, checked.stderr).toMatchObject({ code: 0 });
    }
  });

  test('answers carry what shells show beside them; a server that is away costs nothing but a moment', async () => {
    const answer = async (words: string[], env = {}) =>
      (await caller.darkroom(['completion', 'answer', '--', ...words], { env })).stdout;
    expect(await answer(['run', 'google/nano-banana-2/'])).toBe(
      'google/nano-banana-2/edit\tNano Banana 2 Edit\ngoogle/nano-banana-2/text-to-image\tNano Banana 2 Text to Image\n',
    );
    expect(await answer(['run', TEXT_TO_IMAGE, '--seed', '1', '--resol'])).toMatch(
      /^--resolution\tThe resolution/,
    );
    expect(await answer(['files', 'upload', ''])).toBe(':files\n');
    expect(await answer(['run', ''], { DARKROOM_BASE_URL: 'http://127.0.0.1:9' })).toBe('');
  });
});
