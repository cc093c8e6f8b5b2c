/** A real PgBouncer in transaction mode, in front of a PostgreSQL of the test's. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';

/** It refuses to run as root; this user, which the embedded PostgreSQL has then, may use its socket. */
const UNPRIVILEGED = 'postgres';

/** @returns the URL of the database behind it. It ends with the test. */
export async function startPgbouncer(
  folder: string,
  postgres: { host: string; port: string },
  poolSize: number,
): Promise<string> {
  const port = await freePort();
  const own = join(folder, 'pgbouncer');
  await mkdir(own, { recursive: true });
  const config = join(own, 'pgbouncer.ini');
  await writeFile(
    config,
    `[databases]
darkroom = host=${postgres.host} port=${postgres.port} dbname=darkroom user=darkroom
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
logfile =
pidfile =
`,
  );
  const asRoot = process.getuid?.() === 0;
  const pgbouncer = startProgram('pgbouncer', [...(asRoot ? ['-u', UNPRIVILEGED] : []), config]);
  await pgbouncer.says(/process up/);
  return `postgresql://darkroom@127.0.0.1:${port}/darkroom`;
}
