/** A PostgreSQL as a distribution has it, with the tools that the embedded one lacks. */
import { spawnSync } from 'node:child_process';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import { freePort } from './free-port.ts';
import { startProgram } from './program.ts';

const VERSIONS = '/usr/lib/postgresql';
/** Who may run one where we are root. */
const UNPRIVILEGED = 'postgres';

/** In a new folder below `folder`; ends with the test. @returns the URL of a database of it that is there, empty. */
export async function startDebianPostgres(folder: string): Promise<{ url: string; adminUrl: string }> {
  const newest = (await readdir(VERSIONS))
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => b - a)[0];
  const program = (name: string): string => join(VERSIONS, String(newest), 'bin', name);
  const cluster = join(folder, 'cluster');
  await mkdir(cluster, { mode: 0o700 });
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(spawnSync('id', [flag, UNPRIVILEGED], { encoding: 'utf8' }).stdout),
    );
    await chown(cluster, uid!, gid!);
  }
  const asUser = (command: string[]): [string, string[]] =>
    isRoot
      ? ['setpriv', [`--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups', ...command]]
      : [command[0]!, command.slice(1)];
  const made = await run(
    ...asUser([program('initdb'), '-D', cluster, '-U', 'darkroom', '-A', 'trust', '-E', 'UTF8', '--no-sync']),
  );
  if (made.code !== 0) throw new Error(`no cluster could be made:\n${made.stderr}`);
  const port = await freePort();
  const server = startProgram(
    ...asUser([program('postgres'), '-D', cluster, '-h', '127.0.0.1', '-p', String(port), '-k', '']),
  );
  await server.says(/ready to accept connections/);
  const adminUrl = `postgresql://darkroom@127.0.0.1:${port}/postgres`;
  await run('psql', [adminUrl, '--command=create database darkroom']);
  return { url: `postgresql://darkroom@127.0.0.1:${port}/darkroom`, adminUrl };
}
