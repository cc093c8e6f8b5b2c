/** `darkroom backends`: what is configured, what it can run, and whether it answers. */
import type { Command } from 'commander';
import type { Health } from '../backends/backend.ts';
import { loadModels } from '../catalog/bundled.ts';
import type { LoadedConfig } from '../config/config.ts';
import { configureBackends } from '../configure-backends.ts';
import { loadConfig } from './load-config.ts';
import { table } from './table.ts';

const LOOK_TIMEOUT_MS = 15_000;

export function backendsCommands(commands: Command): void {
  commands
    .command('list')
    .description('which backend runs which model, best first')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { catalog, backends } = await load(loadConfig());
      const rows = catalog.models.map((model) => ({
        model_id: model.id,
        candidates: backends.candidates(model).map(({ backend, upstreamModel }) => ({
          backend: backend.name,
          upstream_model: upstreamModel,
          ...wireCapabilities(backend.capabilities(upstreamModel)),
        })),
      }));
      if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      else
        process.stdout.write(
          table(
            ['MODEL', 'BACKEND', 'UPSTREAM MODEL', 'INPUT IMAGES', 'SEED', 'PROGRESS'],
            rows.flatMap(lines),
          ),
        );
    });

  commands
    .command('test [name]')
    .description('look whether the configured backends answer, without spending anything')
    .action(async (name: string | undefined) => {
      const { backends } = await load(loadConfig());
      const chosen = backends.backends.filter((backend) => name === undefined || backend.name === name);
      if (chosen.length === 0) {
        process.stdout.write(
          name === undefined ? 'No backend is configured.\n' : `${name} is not configured here.\n`,
        );
        process.exitCode = 1;
      }
      for (const backend of chosen) {
        const health: Health = await (backend.health?.(AbortSignal.timeout(LOOK_TIMEOUT_MS)) ?? {
          reachable: true,
          message: 'is part of Darkroom',
        });
        process.stdout.write(
          `${health.reachable ? '✓' : '✗'} ${backend.name.padEnd(10)} ${health.message}\n`,
        );
        for (const upstream of health.upstreamModels ?? [])
          process.stdout.write(`             ${upstream}\n`);
        if (!health.reachable) process.exitCode = 1;
      }
    });
}

async function load({ config, secrets }: LoadedConfig) {
  const catalog = await loadModels(config.modelsDir);
  return { catalog, ...(await configureBackends(config, secrets, catalog)) };
}

const wireCapabilities = (capabilities: {
  maxInputImages: number;
  seed: string;
  reportsProgress: boolean;
}) => ({
  max_input_images: capabilities.maxInputImages,
  seed: capabilities.seed,
  reports_progress: capabilities.reportsProgress,
});

interface Row {
  model_id: string;
  candidates: ({ backend: string; upstream_model: string } & ReturnType<typeof wireCapabilities>)[];
}

function lines({ model_id, candidates }: Row): string[][] {
  if (candidates.length === 0) return [[model_id, 'none', 'nobody configured here can run it', '', '', '']];
  return candidates.map((candidate, place) => [
    place === 0 ? model_id : '',
    candidate.backend,
    candidate.upstream_model,
    String(candidate.max_input_images),
    candidate.seed,
    candidate.reports_progress ? 'yes' : 'no',
  ]);
}
