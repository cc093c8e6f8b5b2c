/** Which server commands call and with which key: flags, environment, logins, the server beside them. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRunComfy } from './fakes/runcomfy.ts';
import { makeAccount, makeKey } from './support/accounts.ts';
import { call, TEXT_TO_IMAGE } from './support/api.ts';
import { darkroom, type Ended } from './support/command.ts';
import { dataFolder, serve } from './support/program.ts';
import { startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

/** A person with a home of their own. */
async function somebody(env: Record<string, string> = {}) {
  const home = await dataFolder();
  const file = join(home, 'darkroom', 'logins.json');
  const does = (parameters: string[], input = ''): Promise<Ended> =>
    darkroom(parameters, { cwd: home, env: { XDG_CONFIG_HOME: home, ...env }, input });
  return { home, file, does, logins: async () => JSON.parse(await readFile(file, 'utf8')) };
}

describe('login', () => {
  test('keeps a verified key where only its owner can read it, and never prints it', async () => {
    const { does, file, logins } = await somebody();
    const ended = await does(['login', `${server.url}/`, '--with-key'], `${server.key}\n`);
    expect(ended).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toMatch(/^Logged in to http:\S+ as default; the key may admin\.$/m);
    expect(ended.stderr).not.toContain(server.key);
    expect(await logins()).toEqual({ current: server.url, servers: { [server.url]: { key: server.key } } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);

    const used = await does(['usage']);
    expect(used).toMatchObject({ code: 0, stderr: `At ${server.url} (your login).\n` });

    const out = await does(['logout']);
    expect(out).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`Forgot the key for ${server.url}.`),
    });
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
    expect(await does(['logout'])).toMatchObject({ code: 1, stderr: 'You are not logged in.\n' });
  });

  test('a file that others could read is closed to them again', async () => {
    const { does, file } = await somebody();
    await mkdir(join(file, '..'));
    await writeFile(file, JSON.stringify({ servers: { 'http://elsewhere': { key: 'other' } } }));
    await chmod(file, 0o644);
    await does(['login', server.url, '--with-key'], server.key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // The other login is still there, and no half-written file.
    expect(await readFile(file, 'utf8')).toContain('"http://elsewhere"');
    expect(await readdir(join(file, '..'))).toEqual(['logins.json']);
    await does(['logout', '--all']);
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });

  test('a key that is refused, or none, is not kept', async () => {
    const { does, file } = await somebody();
    const refused = await does(['login', server.url, '--with-key'], 'dk_wrong_0123456789');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('refused the key from you') });
    expect((await does(['login', server.url, '--with-key'], '\n')).stderr).toMatch(/no key/);
    // Nobody can be asked in a pipe.
    expect((await does(['login', server.url])).stderr).toMatch(/no terminal.*--with-key/);
    expect((await does(['login', 'localhost', '--with-key'], 'x')).stderr).toMatch(/begins with http/);
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  });

  test('a host that cannot check a key keeps it all the same, and says so', async () => {
    await using host = await startRunComfy();
    const { does, logins } = await somebody();
    const ended = await does(['login', host.url, '--with-key'], 'rc_key');
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/no way to check it/) });
    expect((await logins()).current).toBe(host.url);
  });

  test('a damaged file of logins is told, not guessed at', async () => {
    const { does, file } = await somebody();
    await mkdir(join(file, '..'));
    await writeFile(file, '{"servers": ');
    expect(await does(['usage'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/logins\.json is damaged/),
    });
  });
});

describe('the server that is called', () => {
  test('is that of the flag, else the environment, else the last login; each with its own key', async () => {
    const { does } = await somebody();
    await does(['login', server.url, '--with-key'], server.key);
    const elsewhere = server.url.replace('127.0.0.1', 'localhost');
    const other = await makeAccount(server);
    const { does: inEnvironment } = await somebody({
      DARKROOM_BASE_URL: elsewhere,
      DARKROOM_API_KEY: other.key,
    });
    expect(await inEnvironment(['keys', 'list'])).toMatchObject({
      stdout: expect.stringContaining(other.key.slice(0, 8)),
      stderr: `At ${elsewhere} (DARKROOM_BASE_URL).\n`,
    });
    const flags = ['--base-url', `${server.url}/`, '--api-key', server.key];
    expect(await inEnvironment(['keys', 'list', ...flags])).toMatchObject({
      stdout: expect.stringContaining(server.key.slice(0, 8)),
      stderr: `At ${server.url} (--base-url).\n`,
    });
    // A login is for one address: its key goes nowhere else.
    const nowhere = await does(['usage', '--base-url', elsewhere]);
    expect(nowhere.code).toBe(3);
    expect(nowhere.stderr).toContain(`There is no key for ${elsewhere}`);
    expect(nowhere.stderr).toContain(`darkroom login ${elsewhere}`);
  });

  test('without any, keys, models and usage are those of this installation, and say so', async () => {
    const { does } = await somebody({ DARKROOM_DATA_DIR: server.dataDir });
    for (const parameters of [
      ['keys', 'list'],
      ['models', 'list'],
      ['usage'],
      ['models', 'get', TEXT_TO_IMAGE],
    ]) {
      const ended = await does(parameters);
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/^On this installation/)]);
    }
    await does(['login', server.url, '--with-key'], server.key);
    expect((await does(['keys', 'list', '--local'])).stderr).toBe('On this installation.\n');
    expect((await does(['keys', 'list', '--local', '--base-url', server.url])).stderr).toMatch(
      /exclude each other/,
    );
  });

  test('keys, models and usage of a server are those that its API gives', async () => {
    const { does } = await somebody();
    await does(['login', server.url, '--with-key'], server.key);
    const made = JSON.parse(
      (
        await does([
          'keys',
          'create',
          '--name',
          'by HTTP',
          '--budget',
          '2',
          '--expires',
          '2099-01-01',
          '--json',
        ])
      ).stdout,
    );
    expect((await call({ ...server, key: made.key }, '/v1/account')).body.key).toMatchObject({
      id: made.id,
      monthly_budget_usd: 2,
    });
    const { stdout } = await does(['keys', 'list']);
    expect(stdout).toMatch(
      new RegExp(`^${made.id} +${made.key.slice(0, 8)}… +by HTTP +generate +0 of 2 +`, 'm'),
    );
    expect((await does(['keys', 'create', '--account', 'x'])).stderr).toMatch(/--account/);
    expect((await does(['keys', 'revoke', made.id])).stdout).toBe(`Revoked ${made.id} (by HTTP).\n`);
    expect((await call({ ...server, key: made.key }, '/v1/account')).status).toBe(401);

    expect((await does(['models', 'list', '--search', 'nano banana 2'])).stdout).toMatch(
      new RegExp(`^MODEL +KIND +USD +CAN RUN +ALSO\\n(.*\\n)*${TEXT_TO_IMAGE} +text-to-image +0\\.067 +yes`),
    );
    expect((await does(['models', 'get', TEXT_TO_IMAGE])).stdout).toMatch(/^num_images +integer +.*1 to 4/m);
    expect((await does(['usage', '--by', 'model', '--json'])).stdout).toMatch(/"group_by": "model"/);
    const lesser = await makeKey(server, { scopes: ['read'] });
    expect(await does(['keys', 'list', '--api-key', lesser.key])).toMatchObject({ code: 3 });
  });
});

test('beside a server with the embedded database, a caller needs nothing: not where it is, not a key', {
  timeout: 60_000,
}, async () => {
  const { home, does: alone } = await somebody({ DARKROOM_DATA_DIR: './data' });
  const dataDir = join(home, 'data');
  const before = await alone(['run', TEXT_TO_IMAGE]);
  expect(before).toMatchObject({ code: 3, stderr: expect.stringMatching(/no key[\s\S]*darkroom login/) });

  const running = await serve(dataDir);
  const first = await alone(['run', TEXT_TO_IMAGE, '--prompt', 'a fox', '--out', 'fox.png']);
  expect(first, first.stderr).toMatchObject({ code: 0, stdout: 'fox.png\n' });
  expect(first.stderr).toMatch(/^Made a key for the commands on this machine/);
  const keyFile = join(dataDir, 'command-line-key');
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  expect(await alone(['requests'])).toMatchObject({ code: 0, stderr: '' });
  const keys = JSON.parse((await alone(['keys', 'list', '--json'])).stdout);
  expect(keys.filter(({ name }: { name: string }) => name.startsWith('command line of'))).toMatchObject([
    { scopes: ['generate'] },
  ]);

  running.child.kill('SIGTERM');
  await running.exited;
  await expect(stat(join(dataDir, 'server.json'))).rejects.toThrow(/ENOENT/);
  expect(await alone(['run', TEXT_TO_IMAGE])).toMatchObject({ code: 3 });
});
