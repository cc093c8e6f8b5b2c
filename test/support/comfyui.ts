/** The models that come with Darkroom for ComfyUI, and a backend for them that looks often and rests shortly. */
import { createComfyUiBackend } from '../../src/backends/comfyui/comfyui.ts';
import { loadWorkflows } from '../../src/backends/comfyui/load-workflows.ts';
import type { Timings } from '../../src/backends/comfyui/timings.ts';
import { loadModels } from '../../src/catalog/bundled.ts';

export const TEXT_TO_IMAGE = 'comfyui/z-image-turbo/text-to-image';
export const EDIT = 'comfyui/qwen-image-edit/edit';
export const VIDEO = 'comfyui/wan-2.2/text-to-video';

const bundledWorkflows = async () => loadWorkflows((await loadModels(undefined)).models);

/** For servers that do not answer: what tests wait for in vain. */
export const IMPATIENT = { callTimeoutMs: 500, patienceMs: 300, cancelTimeoutMs: 500 };

/** @param servers addresses */
export async function comfyUiBackend(
  servers: string[],
  timings: Partial<Timings> = {},
  maxOutputBytes?: number,
) {
  return createComfyUiBackend({
    servers,
    workflows: await bundledWorkflows(),
    timings: {
      callTimeoutMs: 5000,
      transferTimeoutMs: 5000,
      socketTimeoutMs: 5000,
      firstPollMs: 5,
      longestPollMs: 20,
      patienceMs: 5000,
      cancelTimeoutMs: 5000,
      restMs: 50,
      ...timings,
    },
    ...(maxOutputBytes !== undefined && { maxOutputBytes }),
  });
}
