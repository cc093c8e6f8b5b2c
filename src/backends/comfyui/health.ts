/** What the servers say of themselves, for the operator. */
import type { Health } from '../backend.ts';
import { getJson, type Server, Unreachable } from './http.ts';
import { type LookOptions, queueLength } from './jobs.ts';
import type { Pool } from './pool.ts';
import { missingAt } from './readiness.ts';
import { isRecord, type Workflow } from './workflow.ts';

interface Finding {
  line: string;
  reachable: boolean;
  upstreamModels: string[];
}

/** Every server: its version, its queue, and for each model what it lacks. Throws but for the signal never. */
export async function describeHealth(
  pool: Pool,
  workflows: readonly Workflow[],
  look: LookOptions,
): Promise<Health> {
  const findings = await Promise.all(pool.servers.map((server) => examine(server, workflows, look)));
  return {
    reachable: findings.some(({ reachable }) => reachable),
    message: findings.map(({ line }) => line).join('\n') || 'No server is configured.',
    upstreamModels: [...new Set(findings.flatMap(({ upstreamModels }) => upstreamModels))],
  };
}

async function examine(server: Server, workflows: readonly Workflow[], look: LookOptions): Promise<Finding> {
  try {
    const stats = await getJson(server, 'system_stats', look);
    const queued = await queueLength(server, look);
    const checks = await Promise.all(
      workflows.map(async (workflow) => ({
        name: workflow.upstreamModel,
        missing: await missingAt(server, workflow, look),
      })),
    );
    const lacking = checks.filter(({ missing }) => missing.length > 0);
    const lines = lacking.flatMap(({ name, missing }) => missing.map((text) => `  ${name}: ${text}`));
    return {
      line: [`${server.name} ComfyUI ${versionOf(stats)}, ${queued} in its queue`, ...lines].join('\n'),
      reachable: true,
      upstreamModels: checks.filter(({ missing }) => missing.length === 0).map(({ name }) => name),
    };
  } catch (error) {
    look.signal.throwIfAborted();
    const hint = error instanceof Unreachable ? '; is ComfyUI running there, with --listen?' : '';
    return {
      line: `${server.name} ${(error as Error).message}${hint}`,
      reachable: false,
      upstreamModels: [],
    };
  }
}

function versionOf(stats: unknown): string {
  const system = isRecord(stats) ? stats.system : undefined;
  const version = isRecord(system) ? system.comfyui_version : undefined;
  return typeof version === 'string' ? version.slice(0, 40) : 'of an unknown version';
}
