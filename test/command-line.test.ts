/** The command line: what operators do beside a running server, or with none. */
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesNaming } from '../src/db/embedded/embedded-testing.ts';
import { makeKey, rowsOf } from './support/accounts.ts';
import { call } from './support/api.ts';
import { darkroom, type Ended, hasProgram, ROOT, run } from './support/command.ts';
import { dataFolder } from './support/program.ts';
import { UUID } from './support/requests.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const SEEDS = [
  'google/nano-banana-2/edit',
  'google/nano-banana-2/text-to-image',
  'google/nano-banana/edit',
  'google/nano-banana/pro/edit',
  'google/nano-banana/pro/text-to-image',
  'google/nano-banana/text-to-image',
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ DARKROOM_API_KEY: 'short-12' });
});
afterAll(() => server[Symbol.asyncDispose]());

const UUID_LINE = /^[0-9a-f-]{36}\n$/;

/** Beside the running server. */
const beside = (...parameters: string[]): Promise<Ended> =>
  darkroom(parameters, { env: { DARKROOM_DATA_DIR: server.dataDir } });
const statusOf = async (key: string): Promise<number> =>
  (await call({ ...server, key }, '/v1/models')).status;

describe('help', () => {
  test('darkroom names every command, and each explains itself', async () => {
    const { code, stdout } = await darkroom(['--help']);
    expect(code).toBe(0);
    for (const command of ['serve', 'keys', 'accounts', 'models', 'backends', 'config', 'doctor'])
      expect(stdout).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
    const help = await Promise.all(
      [['serve'], ['keys', 'create'], ['keys', 'revoke'], ['models', 'check']].map((command) =>
        darkroom([...command, '--help']),
      ),
    );
    for (const { code, stdout } of help) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: darkroom /);
    }
  });

  test('an unknown command or option is refused with a hint where to look', async () => {
    for (const parameters of [['server'], ['keys', 'create', '--nme', 'x']]) {
      const { code, stdout, stderr } = await darkroom(parameters);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/did you mean/i);
    }
  });

  test('npm run darkroom and bin/darkroom.js are the same program, with its exit code', async () => {
    const version = await darkroom(['--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const file = join(ROOT, 'bin', 'darkroom.js');
    expect(await run(process.execPath, [file, '--version'])).toMatchObject({
      code: 0,
      stdout: version.stdout,
    });
    expect((await run(process.execPath, [file, 'no-such-command'])).code).toBe(1);
    // With whatever Node the machine has.
    if (hasProgram('node')) expect((await run(file, ['--version'])).stdout).toBe(version.stdout);
    const npm = await run('npm', ['run', '-s', 'darkroom', '--', '--version'], { cwd: ROOT });
    expect(npm).toMatchObject({ code: 0, stdout: version.stdout });
  });
});

describe('keys, beside a running server:', () => {
  test('one that is made works at once, alone on stdout', async () => {
    const { code, stdout } = await beside('keys', 'create', '--name', 'from the shell');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^dk_[0-9a-z]{40}\n$/);
    expect(await statusOf(stdout.trim())).toBe(200);
    const { body } = await call(server, '/v1/keys');
    expect(body.keys[0]).toMatchObject({
      name: 'from the shell',
      scopes: ['generate'],
      hint: stdout.slice(0, 8),
    });
  });

  test('scopes, budget, rate and account are as told', async () => {
    const options = [
      '--scopes',
      'read',
      '--budget',
      '2.5',
      '--rate-per-minute',
      '30',
      '--account',
      'shop',
      '--json',
    ];
    const made = JSON.parse((await beside('keys', 'create', ...options)).stdout);
    expect(made).toEqual({ id: expect.stringMatching(UUID), key: expect.stringMatching(/^dk_/) });
    const { body } = await call({ ...server, key: made.key }, '/v1/account');
    expect(body).toMatchObject({
      name: 'shop',
      limits: { requests_per_minute: 30 },
      key: { id: made.id, scopes: ['read'], monthly_budget_usd: 2.5 },
    });
    // Another one for the same account.
    const second = JSON.parse((await beside('keys', 'create', '--account', 'shop', '--json')).stdout);
    expect((await call({ ...server, key: second.key }, '/v1/account')).body.id).toBe(body.id);
  });

  test('what makes no sense is refused, and nothing is made', async () => {
    const idsNow = async (): Promise<string[]> =>
      JSON.parse((await beside('keys', 'list', '--json')).stdout).map(({ id }: { id: string }) => id);
    const before = await idsNow();
    for (const options of [
      ['--scopes', 'write'],
      ['--budget', '-1'],
      ['--rate-per-minute', 'many'],
    ]) {
      const { code, stdout, stderr } = await beside('keys', 'create', ...options);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain(options[0]!);
    }
    expect(await idsNow()).toEqual(before);
  });

  test('the list shows them all without their secrets', async () => {
    const key = (await beside('keys', 'create', '--name', 'listed')).stdout.trim();
    const { code, stdout } = await beside('keys', 'list');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID +KEY +NAME +SCOPES/);
    expect(stdout).toMatch(new RegExp(`${key.slice(0, 8)}… +listed +generate +0 of no limit +never +active`));
    expect(stdout).not.toContain(key);
    // Of a short one that an operator chose not even all of its first characters.
    expect(stdout).toMatch(/ shor… +first key +admin /);
    expect(stdout).not.toContain(server.key);
    const rows = JSON.parse((await beside('keys', 'list', '--json')).stdout);
    expect(rows[0]).toMatchObject({ name: 'listed', revoked_at: null });
    expect(JSON.stringify(rows)).not.toContain(key);
  });

  test('a revoked one stops working on the running server at once', async () => {
    const made = JSON.parse((await beside('keys', 'create', '--json')).stdout);
    expect(await statusOf(made.key)).toBe(200);
    const { code, stdout } = await beside('keys', 'revoke', made.id);
    expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^Revoked ${made.id}`))]);
    // Well before the server would have asked the database again by itself.
    await expect.poll(() => statusOf(made.key), { timeout: 3000 }).toBe(401);
    expect((await beside('keys', 'list')).stdout).toMatch(new RegExp(`${made.id}.*revoked`));
    expect((await beside('keys', 'revoke', made.id)).code).toBe(0);
  });

  test('one may be named by its first characters, unless several begin so', async () => {
    const { body: one } = await call(server, '/v1/keys', { json: { name: 'one' } });
    expect((await beside('keys', 'revoke', one.hint)).code).toBe(0);
    await expect.poll(() => statusOf(one.key), { timeout: 3000 }).toBe(401);

    const twins = [await makeKey(server, { name: 'one twin' }), await makeKey(server, { name: 'the other' })];
    await rowsOf(server, `update keys set hint = 'dk_twins' where id = any($1)`, [twins.map(({ id }) => id)]);
    const { code, stderr } = await beside('keys', 'revoke', 'dk_twins');
    expect(code).toBe(1);
    expect(stderr).toMatch(/2 keys begin with dk_twins/);
    for (const { id, key } of twins) {
      expect(stderr).toContain(id);
      expect(await statusOf(key)).toBe(200);
    }
    expect((await beside('keys', 'revoke', 'none')).stderr).toMatch(/There is no key none.*keys list/);
  });
});

describe('keys, with no server running:', () => {
  test('they are made, listed and revoked all the same, and nothing stays running', async () => {
    const dataDir = await dataFolder();
    const alone = (...parameters: string[]) => darkroom(parameters, { env: { DARKROOM_DATA_DIR: dataDir } });
    const made = JSON.parse((await alone('keys', 'create', '--json', '--scopes', 'admin')).stdout);
    expect(processesNaming(dataDir)).toEqual([]);
    expect((await alone('keys', 'list')).stdout).toContain(made.id);
    expect(processesNaming(dataDir)).toEqual([]);

    await using later = await startTestServer({}, dataDir);
    expect(await call({ ...later, key: made.key }, '/v1/keys')).toMatchObject({
      status: 200,
      body: { keys: [{ id: made.id }] },
    });
  });
});

describe('models', () => {
  test('the list has every model with its price', async () => {
    const { code, stdout } = await darkroom(['models', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^google\/nano-banana\/pro\/edit +image-to-image +0\.134 +google\/nano-banana-pro\/edit$/m,
    );
    const rows = JSON.parse((await darkroom(['models', 'list', '--json'])).stdout);
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(SEEDS));
  });

  test('a check of good files says so', async () => {
    expect(await darkroom(['models', 'check'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ models, nothing wrong/),
    });
  });

  test('a check of a folder tells every mistake of every file, with its place', async () => {
    const folder = await dataFolder();
    const good = join(ROOT, 'models', 'google', 'nano-banana', 'text-to-image');
    await mkdir(join(folder, 'acme'), { recursive: true });
    await cp(good, join(folder, 'acme', 'wrong-id'), { recursive: true });
    await mkdir(join(folder, 'acme', 'broken'));
    await writeFile(join(folder, 'acme', 'broken', 'model.json'), '{ "id": ');
    await mkdir(join(folder, 'acme', 'texts'));
    await copyFile(join(good, 'model.json'), join(folder, 'acme', 'texts', 'model.json'));
    await writeFile(join(folder, 'acme', 'texts', 'texts.it.json'), '{"properties":{"promt":{"title":"x"}}}');
    const { code, stdout, stderr } = await darkroom(['models', 'check', folder]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^\d+ mistakes in the model files:/);
    for (const place of [
      /wrong-id\/model\.json: id/,
      /broken\/model\.json/,
      /texts\.it\.json: properties\.promt.*did you mean prompt/,
    ])
      expect(stderr).toMatch(place);
    expect(stderr).not.toMatch(/\n\s+at /);
    // A server does not start with them either.
    const serve = await darkroom(['serve'], {
      env: { DARKROOM_MODELS_DIR: folder, DARKROOM_DATA_DIR: join(folder, 'data') },
    });
    expect(serve.code).toBe(1);
    expect(serve.stderr).toMatch(/mistakes in the model files/);
  });
});

describe('config', () => {
  test('shows every value and where it comes from, and hides secrets', async () => {
    const cwd = await dataFolder();
    await writeFile(
      join(cwd, '.env'),
      'PORT=9001\nDARKROOM_CONCURRENCY=3\nDATABASE_URL=postgres://user:hidden-password@host/db\n',
    );
    const env = { PORT: '9002', DARKROOM_API_KEY: 'hidden-key-0123456789', DARKROOM_MAX_QUEUE: '7' };
    const { code, stdout, stderr } = await darkroom(['config'], { cwd, env });
    expect(code).toBe(0);
    for (const line of [
      /^PORT +9002 +environment /m,
      /^DARKROOM_CONCURRENCY +3 +\.env /m,
      /^HOST +127\.0\.0\.1 +default /m,
      /^DATABASE_URL +\(set, hidden\) +\.env /m,
      /^DARKROOM_API_KEY +\(set, hidden\) +environment /m,
    ])
      expect(stdout).toMatch(line);
    expect(stdout + stderr).not.toMatch(/hidden-/);
    expect(stderr).toMatch(
      /DARKROOM_MAX_QUEUE is not a setting of Darkroom; did you mean DARKROOM_MAX_QUEUED\?/,
    );
    const json = JSON.parse((await darkroom(['config', '--json'], { cwd, env })).stdout);
    expect(json).toContainEqual({
      name: 'PORT',
      value: '9002',
      source: 'environment',
      description: expect.any(String),
    });
    expect(JSON.stringify(json)).not.toMatch(/hidden-/);
  });

  test('what is wrong is named all at once, without the secrets among it', async () => {
    const env = { PORT: '-1', DARKROOM_RATE_LIMIT: 'none', DARKROOM_API_KEY: 'with spaces in it' };
    const { code, stderr } = await darkroom(['config'], { env });
    expect(code).toBe(1);
    for (const name of Object.keys(env)) expect(stderr).toContain(name);
    expect(stderr).not.toContain('with spaces');
  });
});

describe('doctor', () => {
  test('finds a running server well', async () => {
    const { code, stdout } = await beside('doctor');
    expect(stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([]);
    for (const line of [
      /^✓ configuration +ok/m,
      /^✓ runtime +Node 24\./m,
      /^✓ models +\d+ /m,
      /^✓ files +/m,
      /^✓ database +PostgreSQL 18\S*, 1 live/m,
    ])
      expect(stdout).toMatch(line);
    expect(code).toBe(0);
  });

  test('says what is wrong, goes on with the rest, and ends with 1', async () => {
    const folder = await dataFolder();
    await writeFile(join(folder, 'a-file'), '');
    const env = { DARKROOM_DATA_DIR: join(folder, 'a-file'), DARKROOM_MODELS_DIR: join(folder, 'none') };
    const { code, stdout } = await darkroom(['doctor'], { env });
    expect(code).toBe(1);
    for (const line of [/^✓ runtime/m, /^✗ models/m, /^✗ files/m, /^✗ database/m])
      expect(stdout).toMatch(line);
    expect(stdout).not.toMatch(/\n\s+at /);
  });
});

describe('accounts', () => {
  test('are made, listed and limited, and a running server knows at once', async () => {
    const made = await beside('accounts', 'create', 'team', '--budget', '5', '--max-running', '2');
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(UUID_LINE) });
    const key = (await beside('keys', 'create', '--account', 'team')).stdout.trim();
    const asTeam = { ...server, key };
    const limitsNow = async () => (await call(asTeam, '/v1/account')).body;
    expect(await limitsNow()).toMatchObject({ budget: { monthly_usd: 5 }, limits: { max_running: 2 } });

    expect(
      (
        await beside(
          'accounts',
          'set',
          'team',
          '--budget',
          '0.01',
          '--max-queued',
          '7',
          '--max-running',
          'none',
        )
      ).code,
    ).toBe(0);
    await expect.poll(async () => (await limitsNow()).limits.max_queued).toBe(7);
    expect(await limitsNow()).toMatchObject({ budget: { monthly_usd: 0.01 }, limits: { max_running: 8 } });
    expect(
      (await call(asTeam, '/v1/models/google/nano-banana/text-to-image', { json: { prompt: 'x' } })).status,
    ).toBe(402);

    const { stdout } = await beside('accounts', 'list', '--json');
    const team = JSON.parse(stdout).find(({ name }: { name: string }) => name === 'team');
    expect(team).toMatchObject({ monthly_budget: 10_000, max_queued: 7, max_running: null });
  });

  test.each([
    [['create', 'default'], /There is an account default already/],
    [['set', 'nobody', '--budget', '1'], /There is no account nobody/],
    [['set', 'default', '--budget', 'much'], /must be a number above 0\. Or none/],
  ])('that cannot be is told: %j', async (parameters, says) => {
    const { code, stderr } = await beside('accounts', ...parameters);
    expect(code).toBe(1);
    expect(stderr).toMatch(says);
  });
});
