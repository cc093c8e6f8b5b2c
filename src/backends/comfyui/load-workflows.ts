/** Reads `workflow.json` and `bindings.json` from the folders of the models that ComfyUI can run. */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { CatalogError, type Mistake } from '../../catalog/mistakes.ts';
import { parseJson } from '../../catalog/parse-json.ts';
import { checkGraph, type Finding } from './check-graph.ts';
import { checkAgainstSchema, type Properties } from './check-schema.ts';
import { readBindings } from './read-bindings.ts';
import type { Graph, Workflow } from './workflow.ts';

/** Of a model of the catalogue what matters here. */
export interface WorkflowModel {
  id: string;
  directory: string;
  candidates: readonly { backend: string; upstreamModel: string }[];
  inputSchema: { properties: Properties };
}

/** A workflow is a few dozen kilobytes. */
const MAX_BYTES = 4 * 2 ** 20;

/**
 * The workflow of every model with a `comfyui` candidate, by the candidate's upstream model.
 * @throws {CatalogError} with all mistakes of all files.
 */
export async function loadWorkflows(models: readonly WorkflowModel[]): Promise<Map<string, Workflow>> {
  const mistakes: Mistake[] = [];
  const workflows = new Map<string, Workflow>();
  for (const model of models) {
    const candidate = model.candidates.find(({ backend }) => backend === 'comfyui');
    if (!candidate) continue;
    if (candidate.upstreamModel !== model.id) {
      mistakes.push({
        file: shownPath(join(model.directory, 'model.json')),
        place: 'candidates',
        message: `the upstream_model of comfyui must be ${model.id}: the workflow is the one of this folder`,
      });
    }
    const workflow = await loadWorkflow(model, mistakes);
    if (workflow) workflows.set(candidate.upstreamModel, workflow);
  }
  if (mistakes.length > 0) throw new CatalogError(mistakes);
  return workflows;
}

async function loadWorkflow(model: WorkflowModel, mistakes: Mistake[]): Promise<Workflow | undefined> {
  const graphFile = join(model.directory, 'workflow.json');
  const bindingsFile = join(model.directory, 'bindings.json');
  const graph = await readJson(graphFile, mistakes);
  const written = await readJson(bindingsFile, mistakes);
  if (!graph) return undefined;
  const inGraph = checkGraph(graph.value);
  report(graphFile, inGraph, mistakes);
  if (inGraph.length > 0 || !written) return undefined;
  const { bindings, found } = readBindings(written.value, graph.value as Graph);
  // Of what is not understood it cannot be said whether it fits.
  const unread = new Set(found.map(([place]) => place.split('.')[0]));
  const unfit = checkAgainstSchema(bindings, model.inputSchema.properties);
  report(bindingsFile, [...found, ...unfit.filter(([place]) => !unread.has(place))], mistakes);
  return { upstreamModel: model.id, graph: graph.value as Graph, bindings };
}

async function readJson(path: string, mistakes: Mistake[]): Promise<{ value: unknown } | undefined> {
  const fail = (place: string, message: string): undefined => {
    mistakes.push({ file: shownPath(path), place, message });
  };
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail('', code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
  }
  if (bytes.length > MAX_BYTES) return fail('', `is larger than ${MAX_BYTES / 2 ** 20} MB`);
  const parsed = parseJson(bytes.toString('utf8'));
  if (parsed.ok) return { value: parsed.value };
  return fail(`line ${parsed.line}, column ${parsed.column}`, parsed.message);
}

function report(path: string, found: readonly Finding[], mistakes: Mistake[]): void {
  mistakes.push(...found.map(([place, message]) => ({ file: shownPath(path), place, message })));
}

function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
