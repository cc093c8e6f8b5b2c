/** `darkroom serve` as a newcomer meets it: what it prints, what it refuses, what it survives, how it stops. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { processesNaming } from '../src/db/embedded/embedded-testing.ts';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom, hasProgram, MAIN, ROOT, run } from './support/command.ts';
import { stopLeftPostgres } from './support/database.ts';
import { pictureAt } from './support/pictures.ts';
import {
  dataFolder,
  type Program,
  printedKey,
  type RunningServer,
  serve,
  serverEnv,
  startProgram,
} from './support/program.ts';
import { submitEndless } from './support/requests.ts';

const isRoot = process.getuid?.() === 0;

async function stop(server: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
  server.child.kill(signal);
  return server.exited;
}

const asCaller = (server: RunningServer, key = printedKey(server)!) => ({ url: server.url, key });

/** The curl line as it is printed, through a shell. */
async function pasteCurl(
  server: RunningServer,
  env: Record<string, string> = {},
): Promise<{ request_id: string }> {
  const [, line] = await server.says(/^(curl -s .*)$/m);
  const { code, stdout, stderr } = await run('bash', ['-c', line!], { env });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('starting', () => {
  test('the first start prints address, data, the key once, and a curl line that works; later ones keep it to themselves', async () => {
    const dataDir = await dataFolder();
    const first = await serve(dataDir);
    const output = first.output();
    expect(output).toContain(`Darkroom is ready at ${first.url} `);
    expect(output).toContain(`${first.url}/reference`);
    expect(output).toContain(`embedded PostgreSQL in ${dataDir}`);
    expect(output).toContain(`files in ${dataDir}/files`);
    const key = printedKey(first)!;
    expect(output).toMatch(/shown this once: keep it/);
    // As the key, and in the line to paste.
    expect(output.split(key)).toHaveLength(3);

    const { request_id } = await pasteCurl(first);
    const result = await resultOf(asCaller(first), request_id);
    expect(result.status).toBe('completed');
    expect(await pictureAt(result.output.image)).toMatchObject({ format: 'png', width: 1024 });
    expect(await stop(first)).toBe(0);
    expect(processesNaming(dataDir)).toEqual([]);

    const later = await serve(dataDir);
    expect(later.output()).not.toMatch(/dk_/);
    expect(later.output()).toMatch(/another: npm run darkroom -- keys create/);
    expect((await resultOf(asCaller(later, key), request_id)).status).toBe('completed');
    const pasted = await pasteCurl(later, { DARKROOM_API_KEY: key });
    expect((await resultOf(asCaller(later, key), pasted.request_id)).status).toBe('completed');
    expect(await stop(later)).toBe(0);

    console.log(`ready after ${first.readyMs} ms the first time, ${later.readyMs} ms later`);
    // 3 s and 1 s where nothing else runs; beside other tests, with nothing compiled yet, several times as long.
    expect(first.readyMs).toBeLessThan(25_000);
    expect(later.readyMs).toBeLessThan(12_000);
  }, 60_000);

  test('a key of the operator is installed at the first start, and not printed; a misspelt setting is warned about', async () => {
    const key = 'operators-own-key-0123456789';
    const server = await serve(await dataFolder(), { DARKROOM_API_KEY: key, DARKROOM_CONCURENCY: '4' });
    expect(server.output()).toMatch(
      /DARKROOM_CONCURENCY is not a setting of Darkroom; did you mean DARKROOM_CONCURRENCY\?/,
    );
    expect(server.output()).not.toContain(key);
    expect(server.output()).toMatch(/the one in DARKROOM_API_KEY/);
    expect((await call(asCaller(server, key), '/v1/account')).status).toBe(200);
    expect((await pasteCurl(server, { DARKROOM_API_KEY: key })).request_id).toBeTruthy();
  });

  test('below a path too long for a socket', async () => {
    const base = await dataFolder();
    const dataDir = join(base, 'a'.repeat(149 - base.length));
    expect(dataDir).toHaveLength(150);
    onTestFinished(() => stopLeftPostgres(dataDir));
    const server = await serve(dataDir);
    expect((await resultOf(asCaller(server), await submit(asCaller(server), { prompt: 'x' }))).status).toBe(
      'completed',
    );
    expect(await stop(server, 'SIGINT')).toBe(0);
    expect(processesNaming(dataDir)).toEqual([]);
  });

  test('with .env in the folder it is started from, and the environment before it', async () => {
    const dataDir = await dataFolder();
    const folder = await dataFolder();
    const lines = [`DARKROOM_DATA_DIR=${dataDir}`, 'PORT=1', 'DARKROOM_API_KEY=a-key-out-of-the-file'];
    await writeFile(join(folder, '.env'), `${lines.join('\n')}\n`);
    const server = startProgram(process.execPath, [MAIN, 'serve'], {
      cwd: folder,
      env: { PORT: '0', LOG_LEVEL: 'warn' },
    });
    const [, url] = await server.says(/ready at (http:\S+)/);
    expect(server.output()).toContain(dataDir);
    expect((await call({ url: url!, key: 'a-key-out-of-the-file' }, '/v1/models')).status).toBe(200);
    expect(await stop(server)).toBe(0);
  });
});

describe('it refuses to start, and says what to do, when', () => {
  test('its port is taken; no PostgreSQL stays behind', async () => {
    const dataDir = await dataFolder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await darkroom(['serve'], {
      env: serverEnv(dataDir, { PORT: String(port) }),
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken .*choose another port`, 'm'),
    );
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(processesNaming(dataDir)).toEqual([]);
  });

  test('another Darkroom uses the data folder; that one goes on', async () => {
    const dataDir = await dataFolder();
    const first = await serve(dataDir);
    const { code, stderr } = await darkroom(['serve'], { env: serverEnv(dataDir) });
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${first.child.pid}`);
    expect(stderr).toContain(first.url);
    expect(stderr).toMatch(/DARKROOM_DATA_DIR/);
    expect(stderr).not.toMatch(/\n\s+at /);
    const caller = asCaller(first);
    expect((await resultOf(caller, await submit(caller, { prompt: 'x' }))).status).toBe('completed');
  });

  test('settings are wrong: all of them are named, and nothing has begun', async () => {
    const dataDir = join(await dataFolder(), 'untouched');
    const wrong = {
      PORT: 'eighty',
      DARKROOM_CONCURRENCY: '0',
      DARKROOM_REQUEST_TIMEOUT: '10 minutes',
      DATABASE_URL: 'mysql://user:secret@host/db',
      LOG_LEVEL: 'loud',
      DARKROOM_PUBLIC_URL: 'images.example.com',
    };
    const { code, stderr } = await darkroom(['serve'], { env: { DARKROOM_DATA_DIR: dataDir, ...wrong } });
    expect(code).toBe(1);
    for (const name of Object.keys(wrong)) expect(stderr).toContain(name);
    expect(stderr).not.toContain('secret');
    await expect(readFile(dataDir)).rejects.toThrow(/ENOENT/);
  });
});

describe('after it was killed', () => {
  test('the next start takes over the PostgreSQL left behind, with all that was acknowledged', async () => {
    const dataDir = await dataFolder();
    const killed = await serve(dataDir, { DARKROOM_SANDBOX_DELAY_MS: '3000' });
    const caller = asCaller(killed);
    const running = await submit(caller, { prompt: 'was running' });
    expect(await stop(killed, 'SIGKILL')).toBe('SIGKILL');
    expect(processesNaming(dataDir)).not.toEqual([]);

    const next = await serve(dataDir, { LOG_LEVEL: 'info' });
    expect(next.output()).toMatch(/using the PostgreSQL that is already running/);
    const again = { url: next.url, key: caller.key };
    expect((await resultOf(again, running)).status).toBe('completed');
    expect(await stop(next)).toBe(0);
    expect(processesNaming(dataDir)).toEqual([]);
  });
});

describe('for whoever starts it:', () => {
  const skip = !isRoot || !hasProgram('setpriv') ? 'not root, or no setpriv' : undefined;
  if (skip) console.warn(`SKIPPED: starting as another user: ${skip}`);

  test.skipIf(skip)('a normal user, in a folder of their own', async () => {
    const folder = await dataFolder();
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' })),
    );
    await chown(folder, uid!, gid!);
    await chmod(folder, 0o700);
    const group = execFileSync('id', ['-gn', 'nobody'], { encoding: 'utf8' }).trim();
    const asNobody = ['setpriv', '--reuid=nobody', `--regid=${group}`, '--clear-groups'];
    const server = await serve(
      join(folder, 'data'),
      { HOME: folder },
      { command: [...asNobody, process.execPath, MAIN, 'serve'], cwd: folder },
    );
    const caller = asCaller(server);
    expect((await resultOf(caller, await submit(caller, { prompt: 'x' }))).status).toBe('completed');
    // setpriv becomes the program: the signal is for it.
    expect(await stop(server)).toBe(0);
  });

  test.skipIf(!isRoot)('root, below a home that nobody else may enter', async () => {
    const home = await dataFolder();
    const dataDir = join(home, 'darkroom', 'data');
    await mkdir(dirname(dataDir));
    await chmod(home, 0o700);
    const server = await serve(dataDir);
    const place = (await readFile(join(dataDir, 'postgres-location'), 'utf8')).trim();
    onTestFinished(async () => {
      await stopLeftPostgres(dataDir);
      await rm(place, { recursive: true, force: true });
    });
    const caller = asCaller(server);
    expect((await resultOf(caller, await submit(caller, { prompt: 'x' }))).status).toBe('completed');
    expect(await stop(server)).toBe(0);
    const later = await serve(dataDir);
    expect((await call({ url: later.url, key: caller.key }, '/v1/requests')).body.requests).toHaveLength(1);
    expect(await stop(later)).toBe(0);
  });
});

describe('stopping', () => {
  test('a second signal ends it at once, although work has time left', async () => {
    const dataDir = await dataFolder();
    const server = await serve(dataDir, { DARKROOM_SHUTDOWN_GRACE: '60s', LOG_LEVEL: 'info' });
    await submitEndless(asCaller(server));
    server.child.kill('SIGINT');
    await server.says(/SIGINT: stopping/);
    // Closer together they would be one, as npm doubles them.
    await sleep(600);
    const signalledAt = performance.now();
    expect(await stop(server, 'SIGINT')).toBe(130);
    expect(performance.now() - signalledAt).toBeLessThan(8000);
  });

  const skip = !hasProgram('script') || !hasProgram('npm') ? 'script or npm is not installed' : undefined;
  if (skip) console.warn(`SKIPPED: npm start on a terminal: ${skip}`);

  test.skipIf(skip)('Ctrl-C on a terminal under npm start lets what runs finish', async () => {
    const dataDir = await dataFolder();
    // npm passes on the signal that the terminal has sent to all: two arrive.
    const terminal = startProgram('script', ['-qec', 'npm start', '/dev/null'], {
      cwd: ROOT,
      env: serverEnv(dataDir, {
        LOG_LEVEL: 'info',
        DARKROOM_SHUTDOWN_GRACE: '30s',
        TERM: 'dumb',
        NO_COLOR: '1',
      }),
    });
    const [, url] = await terminal.says(/ready at (http:\S+)[\s\S]*Try it:\s+curl .*[\r\n]/);
    const caller = { url: url!, key: printedKey(terminal)! };
    const id = await submit(caller, { prompt: 'nearly there [[sandbox:slow=1500]]', resolution: '0.5K' });
    await expect
      .poll(async () => (await call(caller, `/v1/requests/${id}/status`)).body.status)
      .toBe('in_progress');
    terminal.child.stdin!.write('\x03');
    await terminal.says(/SIGINT: stopping/);
    // npm ends itself by the signal, as shells want to see it, but only after us.
    expect(await terminal.exited).toBeOneOf([0, 130]);
    expect(terminal.output()).not.toMatch(/WARN|ERROR/);
    expect(processesNaming(dataDir)).toEqual([]);
    const later = await serve(dataDir, { DARKROOM_SANDBOX: 'off' });
    expect((await call({ url: later.url, key: caller.key }, `/v1/requests/${id}/result`)).body.status).toBe(
      'completed',
    );
  });
});
