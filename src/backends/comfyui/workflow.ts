/** A workflow in ComfyUI's API format, and where a round's values go in it. */
import type { Size } from '../sizes.ts';

interface GraphNode {
  class_type: string;
  /** Values, and links to other nodes. */
  inputs: Record<string, unknown>;
  _meta?: { title?: string };
}

/** By node id. */
export type Graph = Record<string, GraphNode>;

/** One input of one node. */
export interface Place {
  nodeId: string;
  input: string;
}

/** A place for a value; numbers go in as `value * multiply + add`. */
export interface ValuePlace extends Place {
  multiply: number;
  add: number;
}

/** A place for an uploaded image; without one for it, `remove` leaves the graph with every link to those nodes. */
export interface ImagePlace extends Place {
  remove: readonly string[];
}

export interface Bindings {
  /** `prompt`, `seed`, `width`, `height`, and parameters of the model's input schema. */
  values: ReadonlyMap<string, readonly ValuePlace[]>;
  /** In the order of the input images. */
  images: readonly ImagePlace[];
  /** Ids of the nodes whose files are the outputs. */
  outputs: readonly string[];
  /** Ids of the nodes whose steps tell how far the work is; each counts as much as the others. */
  progress: readonly string[];
  /** Sizes by aspect ratio, where the documented ones do not suit the model. */
  sizes: Readonly<Record<string, Size>> | undefined;
}

export interface Workflow {
  upstreamModel: string;
  graph: Graph;
  bindings: Bindings;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where an input comes from, if it is a link: `["12", 0]`. A list of any other form is a value. */
export function linkOf(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  return typeof value[0] === 'string' && Number.isInteger(value[1]) ? value[0] : undefined;
}
