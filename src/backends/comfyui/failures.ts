/** How a server's refusals and failures are told: to the caller in plain words, to the operator as the cause. */
import { BackendError } from '../backend.ts';
import type { ExecutionError } from './jobs.ts';
import { isRecord, type Workflow } from './workflow.ts';

const OUT_OF_MEMORY = /out ?of ?memory|allocation on device/i;
/** What fails for a reason outside the workflow, and may well not fail again. */
const PASSING =
  /CUDA error|cuda runtime|device-side|AcceleratorError|HIP error|MPS backend|ConnectionError|TimeoutError|BrokenPipe|No space left/i;
const UNREADABLE_IMAGE = /UnidentifiedImageError|cannot identify image|DecompressionBomb/i;

/** An execution that ended badly. */
export function executionFailure(error: ExecutionError | undefined): BackendError {
  if (!error) return new BackendError('unavailable', 'The work failed and the server did not say why.');
  const { nodeId, nodeType, exceptionType, exceptionMessage } = error;
  const all = `${exceptionType}: ${exceptionMessage}`;
  const cause = new Error(`node ${nodeId} (${nodeType}) failed: ${all.trim()}`);
  if (OUT_OF_MEMORY.test(all))
    return new BackendError('unavailable', 'The server ran out of memory for this work.', { cause });
  if (PASSING.test(all))
    return new BackendError('unavailable', 'The work failed on the server for a reason that may pass.', {
      cause,
    });
  if (UNREADABLE_IMAGE.test(all))
    return new BackendError('invalid_request', 'The server could not read an input image.', { cause });
  return new BackendError('invalid_request', 'The workflow of this model failed with this input.', { cause });
}

interface NodeError {
  nodeId: string;
  type: string;
  input: string | undefined;
}

/** A prompt that was refused: `{error, node_errors}`. Values and lists of files in it stay out. */
export function refusal(body: unknown, workflow: Workflow): BackendError {
  const errors = nodeErrors(body);
  const type = isRecord(body) && isRecord(body.error) ? String(body.error.type ?? '') : '';
  const cause = new Error(
    `the prompt was refused: ${[type, ...errors.map(describe)].filter((text) => text !== '').join('; ')}`,
  );
  const ours = errors.flatMap((error) => nameOf(error, workflow) ?? []);
  if (ours.length > 0) {
    const names = [...new Set(ours)].join(', ');
    return new BackendError('invalid_request', `The workflow of this model does not take this ${names}.`, {
      cause,
    });
  }
  // A class or file is missing: no input of the caller's would make it run.
  if (type === 'missing_node_type' || errors.some((error) => error.type === 'value_not_in_list'))
    return new BackendError('model_unavailable', 'The server does not have all that this model needs.', {
      cause,
    });
  return new BackendError('invalid_request', 'The server refused the workflow of this model.', { cause });
}

const describe = ({ nodeId, type, input }: NodeError): string =>
  `node ${nodeId}: ${type}${input === undefined ? '' : ` (${input})`}`;

function nodeErrors(body: unknown): NodeError[] {
  const byNode = isRecord(body) && isRecord(body.node_errors) ? Object.entries(body.node_errors) : [];
  return byNode.flatMap(([nodeId, node]) => {
    const errors = isRecord(node) && Array.isArray(node.errors) ? (node.errors as unknown[]) : [];
    return errors.filter(isRecord).map((error) => {
      const input = isRecord(error.extra_info) ? error.extra_info.input_name : undefined;
      return { nodeId, type: String(error.type ?? ''), input: typeof input === 'string' ? input : undefined };
    });
  });
}

/** What the caller calls the input that was refused, if it is one of theirs. */
function nameOf({ nodeId, input }: NodeError, { bindings }: Workflow): string | undefined {
  const isHere = (place: { nodeId: string; input: string }): boolean =>
    place.nodeId === nodeId && place.input === input;
  if (bindings.images.some(isHere)) return 'image';
  for (const [name, places] of bindings.values) if (places.some(isHere)) return name;
  return undefined;
}
