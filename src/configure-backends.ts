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

const OPENAI_URL = 'https://api.openai.com/v1';

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
  const real = await realBackends(config, secrets, catalog);
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
async function realBackends(config: Config, secrets: Secrets, catalog: Catalog): Promise<Backend[]> {
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
  if (config.comfyUiUrls.length > 0) {
    const { createComfyUiBackend } = await import('./backends/comfyui/comfyui.ts');
    const { loadWorkflows } = await import('./backends/comfyui/load-workflows.ts');
    const workflows = await loadWorkflows(catalog.models);
    backends.push(createComfyUiBackend({ servers: config.comfyUiUrls, workflows }));
  }
  // A server of one's own may need no key.
  if (secrets.openAiApiKey || config.openAiBaseUrl) {
    const { createOpenAiBackend } = await import('./backends/openai/openai.ts');
    const { openAiApiKey: apiKey } = secrets;
    backends.push(
      createOpenAiBackend({ baseUrl: config.openAiBaseUrl ?? OPENAI_URL, ...(apiKey && { apiKey }) }),
    );
  }
  return backends;
}
