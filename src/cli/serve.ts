/** `darkroom serve`: API, worker and background jobs in one process. */
import type { Command } from 'commander';
import { type App, startApp } from '../app.ts';
import type { LoadedConfig } from '../config/config.ts';
import { createLog } from '../log.ts';
import { CommandError } from './command-error.ts';
import { stopOnSignal } from './stop-on-signal.ts';

export function serveCommand(program: Command, loadConfig: () => LoadedConfig): void {
  program
    .command('serve')
    .description('run everything in one process: API, worker, background jobs')
    .action(async () => {
      const loaded = loadConfig();
      const log = createLog(loaded.config, process.stderr.isTTY);
      for (const warning of loaded.warnings) log.warn(warning);
      const stopping = stopOnSignal(log);
      const app = await startApp(loaded.config, loaded.secrets, log).catch((error) => {
        throw explain(error, loaded);
      });
      process.stdout.write(welcome(app, loaded));
      await stopping;
      await app.close();
      process.exit(0);
    });
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

function welcome(app: App, { config, secrets }: LoadedConfig): string {
  const address =
    config.publicUrl ?? app.address.replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');
  const key = app.firstKey && !secrets.apiKey ? app.firstKey : '$DARKROOM_API_KEY';
  const lines = [
    `\nDarkroom is ready at ${address}   (reference: ${address}/reference)`,
    `  data     ${app.database}`,
    `           files in ${config.dataDir}/files`,
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
