/** `workflow.json`: whether it is a graph in the API format that hangs together. */
import { type Graph, isRecord, linkOf } from './workflow.ts';

export type Finding = readonly [place: string, message: string];

/** Everything wrong with a parsed `workflow.json`. */
export function checkGraph(value: unknown): Finding[] {
  if (!isRecord(value)) return [['', 'must be an object of nodes']];
  if (Array.isArray(value.nodes) || 'last_node_id' in value) {
    return [['', 'is in the format of the editor; export it with "Export (API)"']];
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return [['', 'has no nodes']];
  return entries.flatMap(([id, node]) => checkNode(id, node, value));
}

function checkNode(id: string, node: unknown, graph: Record<string, unknown>): Finding[] {
  if (!isRecord(node)) return [[id, 'must be an object']];
  const found: Finding[] = [];
  if (typeof node.class_type !== 'string' || node.class_type === '')
    found.push([`${id}.class_type`, 'must name the class of the node']);
  if (!isRecord(node.inputs)) return [...found, [`${id}.inputs`, 'must be an object']];
  for (const [name, input] of Object.entries(node.inputs)) {
    const from = linkOf(input);
    if (from !== undefined && !Object.hasOwn(graph, from))
      found.push([`${id}.inputs.${name}`, `is a link to node ${from}, which is not there`]);
  }
  return found;
}

/** The node called `name`: by id, else by the one title that says so. @returns a message when there is none. */
export function findNode(graph: Graph, name: string): { id: string } | { problem: string } {
  if (Object.hasOwn(graph, name)) return { id: name };
  const titled = Object.keys(graph).filter((id) => graph[id]?._meta?.title === name);
  if (titled.length === 1) return { id: titled[0]! };
  if (titled.length > 1)
    return { problem: `${JSON.stringify(name)} is the title of nodes ${titled.join(', ')}: say which by id` };
  return { problem: `there is no node with the id or title ${JSON.stringify(name)}` };
}
