/** The image: built as the Dockerfile says, and run by its command as its user. Docker itself is not asked: see support/dockerfile.ts. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { expect, onTestFinished, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { resultOf, submit } from './support/api.ts';
import { builtWeb } from './support/built-web.ts';
import { ROOT, run } from './support/command.ts';
import { copyContext, missingNamespaces, planBuild } from './support/dockerfile.ts';
import { freePort } from './support/free-port.ts';
import { dataFolder, startProgram } from './support/program.ts';

const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');

test('the image has the Node that the project pins', () => {
  const [node] = DockerfileParser.parse(dockerfile)
    .getInitialARGs()
    .map((argument) => argument.getArgumentsContent()!);
  expect(node).toBe(`NODE=${packageJson.dependencies.node}-bookworm-slim`);
});

const missing = missingNamespaces();
if (missing) console.warn(`SKIPPED: building the image: ${missing}`);

/** Ways to run programs in the image, as `docker run` and `docker exec` would. They end with the test. */
async function buildImage() {
  const folder = await dataFolder();
  const context = join(folder, 'context');
  const work = join(folder, 'work');
  await Promise.all([context, work].map((path) => mkdir(path)));
  await copyContext(ROOT, await readFile(join(ROOT, '.dockerignore'), 'utf8'), context);
  await builtWeb();
  const npm = (await run('sh', ['-c', 'readlink -f "$(command -v npm)"'])).stdout.trim();
  // Installing from a registry takes a minute and building the web app half of one: what is here stands for it.
  const node = `cp ${process.execPath} "$root/usr/local/bin/node"
    rm -f "$root/usr/local/bin/npm"; cat > "$root/usr/local/bin/npm" <<'NPM'
#!/bin/sh
case "$*" in
  ci) exec ln -s ${ROOT}node_modules node_modules ;;
  "ci --omit=dev") exec node ${ROOT}test/support/installed-packages.ts ${ROOT} ;;
  *) exec node ${npm} "$@" ;;
esac
NPM
    chmod +x "$root/usr/local/bin/npm"
    mkdir -p "$root/build/dist" && cp -a ${ROOT}dist/web "$root/build/dist"`;
  // Debian's has none.
  const debian = 'rm -f "$root/usr/local/bin/node" "$root/usr/bin/node"';
  const prepare = (name: string): string => (name.startsWith('node:') ? node : debian);
  const { script, image } = planBuild(dockerfile, { context, work, prepare });
  const file = join(folder, 'build.sh');
  // The checkout is out of reach of what runs: the image has all that it needs.
  const hide = `mount -t tmpfs tmpfs "${image.root}${ROOT}"`;
  await writeFile(file, `${script}\n${hide}\necho the image is built\nexec sleep infinity`);
  const holder = startProgram('unshare', ['--mount', 'sh', file]);
  onTestFinished(async () => {
    holder.child.kill('SIGKILL');
    await holder.exited;
  });
  await holder.says(/^the image is built$/m);

  const inside = (command: readonly string[], env: Record<string, string>): [string, string[]] => {
    const [uid, gid] = image.user.split(':');
    const variables = Object.entries({ ...image.env, ...env }).map(([name, value]) => `${name}=${value}`);
    return [
      'nsenter',
      [
        ...['--mount', '--target', String(holder.child.pid), '/usr/sbin/chroot', image.root],
        ...['setpriv', '--reuid', uid!, '--regid', gid!, '--clear-groups', '--no-new-privs'],
        ...['env', '-i', `--chdir=${image.workingDirectory}`, ...variables, ...command],
      ],
    ];
  };
  return {
    ...image,
    start: (env: Record<string, string>) => startProgram(...inside(image.command, env)),
    exec: (command: readonly string[], env: Record<string, string> = {}) => run(...inside(command, env)),
  };
}

test.skipIf(missing)(
  'the image is run by an ordinary user, with nothing set, and has what it needs and nothing else',
  { timeout: 300_000 },
  async () => {
    const image = await buildImage();
    expect((await image.exec(['id', '--user'])).stdout).toBe('10001\n');
    const listed = (await image.exec(['ls', '-A', '/app', '/app/dist'])).stdout;
    expect(listed.split('\n\n').map((part) => part.trim().split('\n').slice(1))).toEqual([
      ['LICENSE', 'README.md', 'bin', 'dist', 'docs', 'models', 'node_modules', 'package.json', 'src'],
      ['ai-sdk', 'client', 'web'],
    ]);
    const unwanted = [
      'src/web/main.tsx',
      'node_modules/vite',
      'node_modules/node/bin/node',
      'src/metrics.test.ts',
    ];
    for (const path of unwanted)
      expect((await image.exec(['test', '-e', `/app/${path}`])).code, path).toBe(1);
    for (const path of ['/app/x', '/etc/x', '/x'])
      expect((await image.exec(['touch', path])).stderr).toContain('Permission denied');

    const port = String(await freePort());
    const env = { PORT: port, HOST: '127.0.0.1' };
    expect((await image.exec(image.healthCheck, env)).code).toBe(1);
    const container = image.start(env);
    const [, key] = await container.says(/API key {2}(dk_\w+)[\s\S]*Try it/);
    expect((await image.exec(image.healthCheck, env)).code).toBe(0);

    const caller = { url: `http://127.0.0.1:${port}`, key: key! };
    const id = await submit(caller, { prompt: 'x', resolution: '0.5K' });
    expect((await resultOf(caller, id)).status).toBe('completed');
    expect(await (await fetch(`${caller.url}/`)).text()).toContain('<script');
    const keys = await image.exec(['darkroom', 'keys', 'list'], env);
    expect(keys, keys.stderr).toMatchObject({ code: 0 });

    container.child.kill(image.stopSignal as NodeJS.Signals);
    expect(await container.exited).toBe(0);
  },
);
