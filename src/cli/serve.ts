/** `darkroom serve`, `api` and `worker`: all in one process, or each part in its own. */
import type { Command } from 'commander';
import { type App, type Roles, startApp } from '../app.ts';
import type { LoadedConfig } from '../config/config.ts';
import { createLog } from '../log.ts';
import { announceServer } from './announce-server.ts';
import { CommandError } from './command-error.ts';
import { loadConfig } from './load-config.ts';
import { stopOnSignal } from './stop-on-signal.ts';

interface Options {
  host?: string;
  port?: string;
  concurrency?: string;
  backends?: string;
}

const addressOptions = (command: Command): Command =>
  command
    .option('--host <address>', 'address to listen on (HOST)')
    .option('--port <port>', 'port to listen on (PORT)');
const workerOptions = (command: Command): Command =>
  command.option('--concurrency <requests>', 'requests that run here at once (DARKROOM_CONCURRENCY)');

export function serveCommand(command: Command): void {
  workerOptions(addressOptions(command)).action(async (options: Options) => {
    await run(options, { api: true, worker: true, migrates: true }, welcome);
  });
}

export function apiCommand(command: Command): void {
  addressOptions(command).action(async (options: Options) => {
    await run(options, { api: true, worker: false, migrates: false }, welcome);
  });
}

export function workerCommand(command: Command): void {
  workerOptions(addressOptions(command))
    .option('--backends <names>', 'run only requests that wait for these, comma-separated')
    .action(async (options: Options) => {
      const backends = options.backends
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean);
      await run(
        options,
        { api: false, worker: backends ? { backends } : true, migrates: false },
        ({ address, database }) =>
          `\nDarkroom's worker is ready at ${address}   (probes: ${address}/ready, metrics: ${address}/metrics)\n  queue    ${database}\n`,
      );
    });
}

async function run(
  options: Options,
  roles: Roles,
  greet: (app: App, loaded: LoadedConfig) => string | Promise<string>,
): Promise<void> {
  const loaded = loadConfig({
    HOST: options.host,
    PORT: options.port,
    DARKROOM_CONCURRENCY: options.concurrency,
  });
  if (!(roles.api && roles.worker) && !loaded.secrets.databaseUrl)
    throw new CommandError(
      'Parts of Darkroom that run apart need a PostgreSQL that all of them reach: set DATABASE_URL. Everything in one process, with a database of its own: darkroom serve',
    );
  const log = await createLog(loaded.config, process.stderr.isTTY);
  for (const warning of loaded.warnings) log.warn(warning);
  const stopping = stopOnSignal(log);
  const app = await startApp(loaded.config, loaded.secrets, log, roles).catch((error) => {
    throw explain(error, loaded);
  });
  const unannounce = loaded.secrets.databaseUrl
    ? undefined
    : await announceServer(loaded.config.dataDir, loopbackAddress(app)).catch((error) => {
        log.warn({ err: error }, 'commands beside this server will have to be told where it is');
      });
  process.stdout.write(await greet(app, loaded));
  await stopping;
  await unannounce?.();
  await app.close();
  process.exit(0);
}

function explain(error: NodeJS.ErrnoException, { config }: LoadedConfig): unknown {
  if (error.code === 'EADDRINUSE')
    return new CommandError(
      `Port ${config.port} on ${config.host} is taken by another program. Stop that one, or choose another port: PORT=8081 npm start`,
    );
  if (error.code === 'EACCES' && error.syscall === 'listen')
    return new CommandError(
      `This user may not listen on port ${config.port}. Choose one above 1023: PORT=8080 npm start`,
    );
  if (error.code === 'EADDRNOTAVAIL')
    return new CommandError(`HOST ${config.host} is no address of this machine.`);
  return error;
}

const loopbackAddress = ({ address }: App): string =>
  address.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');

async function welcome(app: App, { config, secrets }: LoadedConfig): Promise<string> {
  const address = config.publicUrl ?? loopbackAddress(app);
  const key = app.firstKey && !secrets.apiKey ? app.firstKey : '$DARKROOM_API_KEY';
  const link = await app.createSignInLink();
  const lines = [
    `\nDarkroom is ready at ${address}   (reference: ${address}/reference)`,
    link
      ? `  sign in  ${address}${link}   (works once, for ${inWords(config.linkLifetimeMs)})`
      : "  sign in  no account is the operator's yet: npm run darkroom -- link <account>",
    `  data     ${app.database}`,
    `           files in ${app.files}`,
  ];
  if (app.firstKey && !secrets.apiKey) lines.push(`  API key  ${app.firstKey}   (shown this once: keep it)`);
  else if (app.firstKey) lines.push('  API key  the one in DARKROOM_API_KEY');
  else lines.push('  API key  you have one from the first start; another: npm run darkroom -- keys create');
  lines.push(
    '',
    'Try it:',
    `curl -s ${address}/v1/models/google/nano-banana-2/text-to-image -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '{"prompt": "A lighthouse above the sea at night, rain, neon"}'`,
    '',
  );
  return `${lines.join('\n')}\n`;
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
