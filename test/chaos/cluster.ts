/** A whole Darkroom of separate processes, with a proxy on every connection between two of them. */
import { rm, writeFile } from 'node:fs/promises';
import type { NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { readPostmasterFile } from '../../src/db/embedded/postmaster.ts';
import { connectionThrough } from '../../src/db/embedded/probe.ts';
import { darkroom } from '../support/command.ts';
import { clusterOf, targetOf } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { makeBucket, type TestBucket } from '../support/s3.ts';
import { spawnServer, temporaryFolder } from '../support/server.ts';
import { type SharedPostgres, startSharedPostgres } from '../support/shared-postgres.ts';
import { type Clock, makeClock } from './clock.ts';
import { APIS, REQUEST_TIMEOUT_SECONDS, UPSTREAM_CONCURRENCY, UPSTREAM_MODEL, WORKERS } from './limits.ts';
import {
  type Member,
  postgresMember,
  type ServerMember,
  startS3Member,
  startServerMember,
} from './members.ts';
import { inputPicture, type Receiver, startPictures, startReceiver } from './outside.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { startUpstream, type Upstream } from './upstream-process.ts';

export interface Cluster extends AsyncDisposable {
  postgres: SharedPostgres;
  bucket: TestBucket;
  upstream: Upstream;
  receiver: Receiver;
  /** All processes that can be killed, by name. */
  members: ReadonlyMap<string, Member>;
  servers: readonly ServerMember[];
  /** By who connects to whom: `worker-1 > postgres`. */
  links: ReadonlyMap<string, TcpProxy>;
  clocks: ReadonlyMap<string, Clock>;
  /** Where clients reach each API. */
  apiUrls: readonly string[];
  /** Where webhooks are to be sent, and where there are pictures. */
  receiverUrl: string;
  picturesUrl: string;
  picture: Buffer;
}

/** @param wrongClocks in seconds, by process: how they start */
export async function startCluster(wrongClocks: ReadonlyMap<string, number>): Promise<Cluster> {
  await using cleanup = new AsyncDisposableStack();
  const postgres = cleanup.use(await startSharedPostgres());
  const { dataDir } = postgres;
  const folder = await temporaryFolder();
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const s3Port = await freePort();
  const s3 = cleanup.use(await startS3Member(join(folder, 's3'), s3Port));
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const bucket = await makeBucket({
    endpoint: `http://127.0.0.1:${s3Port}`,
    credentials,
    async [Symbol.asyncDispose]() {},
  });
  const upstream = cleanup.use(await startUpstream());
  const receiver = cleanup.use(await startReceiver());
  const picture = await inputPicture();
  const pictures = cleanup.use(await startPictures(picture));

  const links = new Map<string, TcpProxy>();
  const link = async (from: string, to: string, target: NetConnectOpts): Promise<number> => {
    const proxy = cleanup.use(await startTcpProxy(target));
    links.set(`${from} > ${to}`, proxy);
    return proxy.port;
  };
  const clocks = new Map<string, Clock>();
  const at = (port: number): NetConnectOpts => ({ host: '127.0.0.1', port });
  const apiPorts = new Map(await Promise.all(APIS.map(async (name) => [name, await freePort()] as const)));
  const apiUrls = await Promise.all(
    [...apiPorts].map(async ([name, port]) => `http://127.0.0.1:${await link('clients', name, at(port))}`),
  );
  const receiverUrl = `http://127.0.0.1:${await link('workers', 'receiver', at(receiver.port))}`;
  const routing = join(folder, 'routing.json');
  await writeFile(routing, JSON.stringify(ROUTING));
  const { host, port } = connectionThrough(((await targetOf(dataDir)) as { host: string }).host);
  const socket = { path: `${host}/.s.PGSQL.${port}` };

  async function environmentOf(name: string): Promise<Record<string, string>> {
    const clock = await makeClock(join(folder, `clock-of-${name}`), wrongClocks.get(name) ?? 0);
    clocks.set(name, clock);
    return {
      ...clock.env,
      ...bucket.env,
      // All run the same program, again and again.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
      PORT: String(apiPorts.get(name) ?? 0),
      DATABASE_URL: `postgresql://darkroom@127.0.0.1:${await link(name, 'postgres', socket)}/darkroom`,
      S3_ENDPOINT: `http://127.0.0.1:${await link(name, 's3', at(s3Port))}`,
      // By its key the upstream knows who calls.
      GEMINI_API_KEY: name,
      GEMINI_BASE_URL: `http://127.0.0.1:${await link(name, 'upstream', at(upstream.port))}`,
      DARKROOM_ROUTING: routing,
      DARKROOM_PUBLIC_URL: apiUrls[0]!,
      DARKROOM_SECRET_KEY: '5e'.repeat(32),
      DARKROOM_ALLOW_INPUT_HOSTS: '127.0.0.1',
      DARKROOM_ALLOW_WEBHOOK_HOSTS: '127.0.0.1',
      DARKROOM_REQUEST_TIMEOUT: `${REQUEST_TIMEOUT_SECONDS}s`,
      DARKROOM_SHUTDOWN_GRACE: '10s',
      LOG_LEVEL: 'info',
      DARKROOM_CONCURRENCY: '8',
      DARKROOM_MAX_RUNNING: '6',
      DARKROOM_DATABASE_POOL: '6',
    };
  }

  const direct = `postgresql://darkroom@/darkroom?host=${host}&port=${port}`;
  const migrated = await darkroom(['migrate'], { env: { DARKROOM_DATA_DIR: dataDir, DATABASE_URL: direct } });
  if (migrated.code !== 0) throw new Error(`darkroom migrate failed:\n${migrated.stderr}`);
  const starting = [...APIS, ...WORKERS].map(async (name) => {
    const env = await environmentOf(name);
    return startServerMember(name, () =>
      spawnServer(dataDir, env, [name.startsWith('api') ? 'api' : 'worker']),
    );
  });
  // Each is to be ended, even if another did not start.
  const started = await Promise.allSettled(starting);
  const servers = started.flatMap((result) =>
    result.status === 'fulfilled' ? [cleanup.use(result.value)] : [],
  );
  for (const result of started) if (result.status === 'rejected') throw result.reason;

  const database = cleanup.use(
    postgresMember(postgres, async () => (await readPostmasterFile(await clusterOf(dataDir)))?.pid),
  );
  const members = new Map([...servers, database, s3].map((member) => [member.name, member]));
  const opened = cleanup.move();
  return {
    postgres,
    bucket,
    upstream,
    receiver,
    members,
    servers,
    links,
    clocks,
    apiUrls,
    receiverUrl,
    picturesUrl: `http://127.0.0.1:${pictures.port}`,
    picture,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const ROUTING = {
  models: { 'google/nano-banana-2/*': [{ backend: 'gemini', upstream_model: UPSTREAM_MODEL }] },
  backends: { gemini: { concurrency: UPSTREAM_CONCURRENCY } },
};
