/** A round's values put into their places in a copy of the graph: structurally, never by replacing text. */
import type { Round } from '../backend.ts';
import { nearestRatio, type Size, sizeFor } from '../sizes.ts';
import { type Bindings, type Graph, linkOf, type ValuePlace, type Workflow } from './workflow.ts';

type Filling = Pick<Round, 'prompt' | 'seed' | 'aspectRatio' | 'resolution' | 'parameters' | 'images'>;

/**
 * The graph to post.
 * @param imageNames what the server calls the uploaded images, in their order
 * @throws {RangeError} for an aspect ratio without a size.
 */
export function fillGraph(workflow: Workflow, round: Filling, imageNames: readonly string[]): Graph {
  const { bindings } = workflow;
  const graph = structuredClone(workflow.graph);
  const set = (place: ValuePlace, value: unknown): void => {
    graph[place.nodeId]!.inputs[place.input] =
      typeof value === 'number' ? value * place.multiply + place.add : value;
  };
  for (const [name, value] of valuesOf(bindings, round)) {
    for (const place of bindings.values.get(name)!) set(place, value);
  }
  bindings.images.forEach((place, index) => {
    const image = imageNames[index];
    if (image === undefined) for (const nodeId of place.remove) removeNode(graph, nodeId);
    else graph[place.nodeId]!.inputs[place.input] = image;
  });
  return graph;
}

/** Bound values that the round has; without one, what the workflow says stays. */
function valuesOf(bindings: Bindings, round: Filling): [string, unknown][] {
  const bound = [...bindings.values.keys()];
  const size = bound.includes('width') || bound.includes('height') ? sizeOf(bindings, round) : undefined;
  const known: Record<string, unknown> = {
    ...round.parameters,
    prompt: round.prompt,
    seed: round.seed,
    width: round.parameters.width ?? size?.width,
    height: round.parameters.height ?? size?.height,
  };
  return bound.flatMap((name): [string, unknown][] =>
    Object.hasOwn(known, name) && known[name] !== undefined ? [[name, known[name]]] : [],
  );
}

/** `auto` follows the first image, and is the first size, or 1:1, without one. */
function sizeOf({ sizes }: Bindings, round: Filling): Size {
  const first = round.images[0];
  if (!sizes) {
    const auto = round.aspectRatio === 'auto' && first;
    return sizeFor(auto ? nearestRatio(first.width, first.height) : round.aspectRatio, round.resolution);
  }
  if (round.aspectRatio !== 'auto') {
    const size = sizes[round.aspectRatio];
    if (!size) throw new RangeError(`no size for the aspect ratio ${round.aspectRatio}`);
    return size;
  }
  const all = Object.values(sizes);
  if (!first) return all[0]!;
  const distance = ({ width, height }: Size): number =>
    Math.abs(Math.log(width / height) - Math.log(first.width / first.height));
  return all.reduce((best, size) => (distance(size) < distance(best) ? size : best));
}

function removeNode(graph: Graph, nodeId: string): void {
  delete graph[nodeId];
  for (const { inputs } of Object.values(graph)) {
    for (const [name, value] of Object.entries(inputs)) if (linkOf(value) === nodeId) delete inputs[name];
  }
}
