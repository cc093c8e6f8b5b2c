/** The backends that the configuration names, and how requests are routed to them. */
import type { Backend } from './backends/backend.ts';
import { type BackendRegistry, createRegistry } from './backends/registry.ts';
import { NO_ROUTING, type Routing, readRouting } from './backends/routing.ts';
import { createSandboxBackend } from './backends/sandbox/sandbox.ts';
import type { Catalog } from './catalog/model.ts';
import type { Config, Secrets } from './config/config.ts';
import { inImagePool } from './files/image-pool.ts';

/** Names that a routing file may use, configured or not. */
const BACKEND_NAMES = ['gemini', 'comfyui', 'openai', 'sandbox'];

export interface ConfiguredBackends {
  backends: BackendRegistry;
  limits: Routing['limits'];
}

/** @throws {RoutingError} when the routing file is wrong. */
export async function configureBackends(
  config: Config,
  secrets: Secrets,
  catalog: Catalog,
): Promise<ConfiguredBackends> {
  const real = await realBackends(config, secrets);
  const withSandbox = config.sandbox === 'on' || (config.sandbox === 'auto' && real.length === 0);
  const sandbox = withSandbox
    ? createSandboxBackend({ delayMs: config.sandboxDelayMs, runImageWork: inImagePool })
    : undefined;
  const routing = config.routingFile
    ? await readRouting(
        config.routingFile,
        catalog.models.map(({ id }) => id),
        BACKEND_NAMES,
      )
    : NO_ROUTING;
  return { backends: createRegistry(real, sandbox, routing), limits: routing.limits };
}

// Each is loaded where it is used: the libraries of some take longer to load than the rest of a start.
async function realBackends(config: Config, secrets: Secrets): Promise<Backend[]> {
  const backends: Backend[] = [];
  const { geminiBaseUrl, vertexAi, googleCloudProject, googleCloudLocation } = config;
  if (secrets.geminiApiKeys.length > 0 || vertexAi) {
    const { createGeminiBackend } = await import('./backends/gemini/gemini.ts');
    backends.push(
      createGeminiBackend({
        apiKeys: secrets.geminiApiKeys,
        ...(geminiBaseUrl && { baseUrl: geminiBaseUrl }),
        ...(vertexAi && { vertex: { project: googleCloudProject!, location: googleCloudLocation } }),
      }),
    );
  }
  return backends;
}
