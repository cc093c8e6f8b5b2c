/** `bindings.json`: from what its author wrote to places in the graph. */
import type { Size } from '../sizes.ts';
import { type Finding, findNode } from './check-graph.ts';
import {
  type Bindings,
  type Graph,
  type ImagePlace,
  isRecord,
  linkOf,
  type Place,
  type ValuePlace,
} from './workflow.ts';

/** Keys that are no names of values. */
const OTHER_KEYS = ['images', 'outputs', 'progress', 'sizes'];

/** Bindings, and everything wrong with them: only without findings are they of use. */
export function readBindings(value: unknown, graph: Graph): { bindings: Bindings; found: Finding[] } {
  const found: Finding[] = [];
  const source = isRecord(value) ? value : {};
  if (!isRecord(value)) found.push(['', 'must be an object']);
  const reader = { graph, found };
  const values = new Map<string, ValuePlace[]>();
  for (const [name, written] of Object.entries(source)) {
    if (OTHER_KEYS.includes(name)) continue;
    const places = Array.isArray(written) ? written : [written];
    if (places.length === 0) found.push([name, 'must name a place']);
    values.set(
      name,
      places.flatMap((place, index) =>
        readValuePlace(reader, Array.isArray(written) ? `${name}.${index}` : name, place),
      ),
    );
  }
  const outputs = readNodes(reader, 'outputs', source.outputs);
  if (source.outputs === undefined)
    found.push(['outputs', 'must name the nodes whose files are the outputs']);
  return {
    bindings: {
      values,
      images: readList(reader, 'images', source.images, readImagePlace),
      outputs,
      progress:
        source.progress === undefined ? samplers(graph) : readNodes(reader, 'progress', source.progress),
      sizes: readSizes(reader, source.sizes),
    },
    found,
  };
}

interface Reader {
  graph: Graph;
  found: Finding[];
}

/** The nodes that work in steps: what the user of ComfyUI watches as well. */
function samplers(graph: Graph): string[] {
  return Object.keys(graph).filter((id) => /^(KSampler|SamplerCustom)/.test(graph[id]!.class_type));
}

function readList<Item>(
  reader: Reader,
  at: string,
  value: unknown,
  readItem: (reader: Reader, at: string, item: unknown) => Item[],
): Item[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0) {
    reader.found.push([at, 'must be a list']);
    return [];
  }
  return value.flatMap((item, index) => readItem(reader, `${at}.${index}`, item));
}

const readNodes = (reader: Reader, at: string, value: unknown): string[] =>
  readList(reader, at, value, readNode);

function readNode({ graph, found }: Reader, at: string, name: unknown): string[] {
  if (typeof name !== 'string') {
    found.push([at, 'must be the id or title of a node']);
    return [];
  }
  const node = findNode(graph, name);
  if ('id' in node) return [node.id];
  found.push([at, node.problem]);
  return [];
}

/** `6.inputs.text`: a node by id or title, and one of its inputs that holds a value now. */
function readPlace({ graph, found }: Reader, at: string, written: unknown): Place | undefined {
  const cut = typeof written === 'string' ? written.indexOf('.inputs.') : -1;
  if (typeof written !== 'string' || cut < 1) {
    found.push([at, 'must be a place like "6.inputs.text"']);
    return undefined;
  }
  const node = findNode(graph, written.slice(0, cut));
  if ('problem' in node) {
    found.push([at, node.problem]);
    return undefined;
  }
  const input = written.slice(cut + '.inputs.'.length);
  const { inputs, class_type } = graph[node.id]!;
  if (!Object.hasOwn(inputs, input)) {
    found.push([at, `node ${node.id} (${class_type}) has no input ${JSON.stringify(input)}`]);
    return undefined;
  }
  if (linkOf(inputs[input]) !== undefined) {
    found.push([at, `is a link to node ${linkOf(inputs[input])}: a value would cut the graph there`]);
    return undefined;
  }
  return { nodeId: node.id, input };
}

function readValuePlace(reader: Reader, at: string, written: unknown): ValuePlace[] {
  if (!isRecord(written)) {
    const place = readPlace(reader, at, written);
    return place ? [{ ...place, multiply: 1, add: 0 }] : [];
  }
  const { place: text, multiply = 1, add = 0, ...unknown } = written;
  reportUnknown(reader, at, unknown);
  for (const [name, number] of Object.entries({ multiply, add })) {
    if (typeof number !== 'number') reader.found.push([`${at}.${name}`, 'must be a number']);
  }
  const place = readPlace(reader, `${at}.place`, text);
  return place ? [{ ...place, multiply: Number(multiply), add: Number(add) }] : [];
}

function readImagePlace(reader: Reader, at: string, written: unknown): ImagePlace[] {
  if (!isRecord(written)) {
    const place = readPlace(reader, at, written);
    return place ? [{ ...place, remove: [place.nodeId] }] : [];
  }
  const { place: text, remove, ...unknown } = written;
  reportUnknown(reader, at, unknown);
  const place = readPlace(reader, `${at}.place`, text);
  if (!place) return [];
  const removed = remove === undefined ? [place.nodeId] : readNodes(reader, `${at}.remove`, remove);
  return [{ ...place, remove: removed }];
}

function reportUnknown({ found }: Reader, at: string, unknown: Record<string, unknown>): void {
  found.push(...Object.keys(unknown).map((name): Finding => [`${at}.${name}`, 'unknown field']));
}

function readSizes({ found }: Reader, value: unknown): Record<string, Size> | undefined {
  if (value === undefined) return undefined;
  if (!isRecord(value) || Object.keys(value).length === 0) {
    found.push(['sizes', 'must be an object of sizes by aspect ratio']);
    return undefined;
  }
  const sizes: Record<string, Size> = {};
  for (const [ratio, size] of Object.entries(value)) {
    const [width, height] = Array.isArray(size) && size.length === 2 ? (size as unknown[]) : [];
    if (!/^[1-9]\d{0,3}:[1-9]\d{0,3}$/.test(ratio))
      found.push([`sizes.${ratio}`, 'must be named like "16:9"']);
    if (isLength(width) && isLength(height)) sizes[ratio] = { width, height };
    else found.push([`sizes.${ratio}`, 'must be [width, height] in pixels']);
  }
  return sizes;
}

const isLength = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 16 && (value as number) <= 16_384;
