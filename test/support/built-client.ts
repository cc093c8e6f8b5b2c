/** A program's folder in which the built client is installed as a package. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Ended, ROOT, run } from './command.ts';

export interface ProgramFolder extends AsyncDisposable {
  path: string;
  /** Where `darkroom/client` is. */
  packagePath: string;
  /** Checks the types of these files of the folder with the lib of browsers and no others. @returns what is wrong. */
  check(files: string[]): Promise<string>;
}

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

export async function programFolder(): Promise<ProgramFolder> {
  const path = await mkdtemp(join(tmpdir(), 'darkroom-program-'));
  const packagePath = join(path, 'node_modules', 'darkroom');
  await mkdir(packagePath, { recursive: true });
  const { status, stdout } = spawnSync(process.execPath, [
    join(ROOT, 'scripts/build-client.ts'),
    packagePath,
  ]);
  if (status !== 0) throw new Error(`the client cannot be built:\n${stdout}`);
  await writeFile(join(path, 'package.json'), '{ "type": "module" }');
  return {
    path,
    packagePath,
    async check(files) {
      const options = [
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--skipLibCheck',
        'false',
      ];
      const libs = ['--lib', 'es2022,dom,dom.iterable,dom.asynciterable', '--types', ''];
      const { code, stdout }: Ended = await run(process.execPath, [TSC, ...options, ...libs, ...files], {
        cwd: path,
      });
      return code === 0 ? '' : stdout || `tsc ended with ${code}`;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
