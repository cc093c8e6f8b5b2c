/** Whether a server has what a workflow needs, by its `/object_info`: node classes, their inputs, model files. */
import { getJson, type Server } from './http.ts';
import type { LookOptions } from './jobs.ts';
import { isRecord, linkOf, type Workflow } from './workflow.ts';

/** Everything that `server` lacks for `workflow`, in words for the operator. @throws as `getJson`. */
export async function missingAt(server: Server, workflow: Workflow, options: LookOptions): Promise<string[]> {
  const classes = [...new Set(Object.values(workflow.graph).map((node) => node.class_type))];
  const known = new Map(
    await Promise.all(
      classes.map(async (name): Promise<[string, unknown]> => {
        // The whole of it is many megabytes where many nodes are installed.
        const info = await getJson(server, `object_info/${encodeURIComponent(name)}`, options);
        return [name, isRecord(info) ? info[name] : undefined];
      }),
    ),
  );
  const filled = filledInputs(workflow);
  return Object.entries(workflow.graph).flatMap(([id, node]) => {
    const info = known.get(node.class_type);
    const where = `node ${id} (${node.class_type})`;
    if (!isRecord(info)) return [`${where}: this class is not installed`];
    return checkInputs(node.inputs, info.input, filled.get(id) ?? []).map(
      (problem) => `${where}: ${problem}`,
    );
  });
}

/** Inputs that get their value with each round: what stands there now is an example. */
function filledInputs({ bindings }: Workflow): Map<string, string[]> {
  const places = [...bindings.images, ...[...bindings.values.values()].flat()];
  const byNode = Map.groupBy(places, ({ nodeId }) => nodeId);
  return new Map([...byNode].map(([nodeId, list]) => [nodeId, list.map(({ input }) => input)]));
}

function checkInputs(inputs: Record<string, unknown>, info: unknown, filled: string[]): string[] {
  const required = isRecord(info) && isRecord(info.required) ? info.required : {};
  const optional = isRecord(info) && isRecord(info.optional) ? info.optional : {};
  const problems = Object.keys(required)
    .filter((name) => !Object.hasOwn(inputs, name))
    .map((name) => `the input ${JSON.stringify(name)} is required and not in the workflow`);
  for (const [name, value] of Object.entries(inputs)) {
    const choices = choicesOf(required[name] ?? optional[name]);
    if (filled.includes(name) || linkOf(value) !== undefined || !choices || choices.includes(value)) continue;
    problems.push(`${name} ${JSON.stringify(value)} is not there${describeChoices(choices)}`);
  }
  return problems;
}

/** `[["a", "b"], {…}]`, and on newer servers `["COMBO", {"options": ["a", "b"]}]`. */
function choicesOf(spec: unknown): unknown[] | undefined {
  if (!Array.isArray(spec)) return undefined;
  const [type, extra] = spec as unknown[];
  if (Array.isArray(type)) return type as unknown[];
  if (type !== 'COMBO' || !isRecord(extra) || extra.remote !== undefined || extra.multiselect === true)
    return undefined;
  return Array.isArray(extra.options) ? (extra.options as unknown[]) : undefined;
}

function describeChoices(choices: unknown[]): string {
  if (choices.length === 0) return '; there is nothing to choose from';
  const shown = choices.slice(0, 8).map(String).join(', ');
  return `; there is: ${shown}${choices.length > 8 ? `, and ${choices.length - 8} more` : ''}`;
}
