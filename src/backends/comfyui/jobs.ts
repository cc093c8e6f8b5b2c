/** What a server knows of a prompt: the truth that progress and events only hint at. */
import { call, getJson, jsonOf, type Server, Unreachable } from './http.ts';
import { isRecord } from './workflow.ts';

/** A file the server can be asked for. */
export interface RemoteFile {
  filename: string;
  subfolder: string;
  type: string;
}

/** Why an execution failed. Neither its traceback nor its inputs are read: they hold paths and prompts. */
export interface ExecutionError {
  nodeId: string;
  nodeType: string;
  exceptionType: string;
  exceptionMessage: string;
}

export type Job =
  | { state: 'unknown' }
  | { state: 'pending' | 'running'; id: string }
  /** `outputs` by node id, as the server tells them. */
  | { state: 'completed'; outputs: Record<string, unknown> }
  | { state: 'failed'; error: ExecutionError | undefined }
  | { state: 'cancelled' };

export interface LookOptions {
  signal: AbortSignal;
  timeoutMs: number;
}

/**
 * The prompt `id` at `server`: from `/api/jobs/{id}` where there is one, else from the queue and the history.
 * @throws {Unreachable}; the signal's reason.
 */
export async function lookUp(server: Server, id: string, options: LookOptions): Promise<Job> {
  if (server.hasJobs !== false) {
    const answer = await call(server, 'GET', `api/jobs/${id}`, options);
    const body = jsonOf(answer);
    if (answer.status === 200 && isRecord(body) && typeof body.status === 'string') {
      server.hasJobs = true;
      return jobOf(id, body);
    }
    if (answer.status === 404 && isRecord(body)) {
      server.hasJobs = true;
      return { state: 'unknown' };
    }
    refuseStrange(answer.status);
    // An older server looks for a file of that name.
    server.hasJobs = false;
  }
  const done = await lookInHistory(server, id, options);
  if (done) return done;
  const queued = await lookInQueue(server, id, options);
  // What ended between the two looks is in neither.
  return queued ?? (await lookInHistory(server, id, options)) ?? { state: 'unknown' };
}

/** Signs of a proxy that wants credentials, or of a server that is not itself. */
function refuseStrange(status: number): void {
  if (status !== 404 && status !== 405) throw new Unreachable(`the look at a job was answered ${status}`);
}

function jobOf(id: string, body: Record<string, unknown>): Job {
  switch (body.status) {
    case 'pending':
      return { state: 'pending', id };
    case 'in_progress':
      return { state: 'running', id };
    case 'completed':
      return { state: 'completed', outputs: isRecord(body.outputs) ? body.outputs : {} };
    case 'cancelled':
      return { state: 'cancelled' };
    case 'failed':
      return failedJob(body.execution_error, body.execution_status);
    default:
      throw new Unreachable('a job is in a state nobody knows');
  }
}

async function lookInHistory(server: Server, id: string, options: LookOptions): Promise<Job | undefined> {
  const history = await getJson(server, `history/${id}`, options);
  const entry = isRecord(history) ? history[id] : undefined;
  if (!isRecord(entry)) return undefined;
  if (isRecord(entry.status) && entry.status.status_str === 'error')
    return failedJob(undefined, entry.status);
  return { state: 'completed', outputs: isRecord(entry.outputs) ? entry.outputs : {} };
}

/** `status` holds the messages that were sent while it ran: `[["execution_error", {…}]]`. */
function failedJob(error: unknown, status: unknown): Job {
  const messages = isRecord(status) && Array.isArray(status.messages) ? (status.messages as unknown[]) : [];
  const dataOf = (name: string): unknown =>
    messages.find(
      (message): message is [string, unknown] => Array.isArray(message) && message[0] === name,
    )?.[1];
  const told = error ?? dataOf('execution_error');
  if (told === undefined && dataOf('execution_interrupted') !== undefined) return { state: 'cancelled' };
  return { state: 'failed', error: isRecord(told) ? executionError(told) : undefined };
}

function executionError(told: Record<string, unknown>): ExecutionError {
  const text = (value: unknown): string => String(value ?? '').slice(0, 500);
  return {
    nodeId: text(told.node_id),
    nodeType: text(told.node_type),
    exceptionType: text(told.exception_type),
    exceptionMessage: text(told.exception_message),
  };
}

interface Queued {
  id: string;
  clientId: unknown;
}

/** Entries are `[number, prompt_id, graph, extra_data, outputs]`. */
function entriesOf(list: unknown): Queued[] {
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((entry) =>
    Array.isArray(entry) && typeof entry[1] === 'string'
      ? [{ id: entry[1], clientId: isRecord(entry[3]) ? entry[3].client_id : undefined }]
      : [],
  );
}

/** Servers that make up their own ids know a prompt by its client, which is named after it. */
const isCalled =
  (id: string) =>
  (entry: Queued): boolean =>
    entry.id === id || entry.clientId === id;

async function lookInQueue(server: Server, id: string, options: LookOptions): Promise<Job | undefined> {
  const { running, pending } = await readQueue(server, options);
  const atWork = running.find(isCalled(id));
  if (atWork) return { state: 'running', id: atWork.id };
  const waiting = pending.find(isCalled(id));
  return waiting && { state: 'pending', id: waiting.id };
}

async function readQueue(
  server: Server,
  options: LookOptions,
): Promise<{ running: Queued[]; pending: Queued[] }> {
  const queue = await getJson(server, 'queue', options);
  if (!isRecord(queue)) throw new Unreachable('the queue is no queue');
  return { running: entriesOf(queue.queue_running), pending: entriesOf(queue.queue_pending) };
}

/** How many prompts run and wait. @throws {Unreachable}; the signal's reason. */
export async function queueLength(server: Server, options: LookOptions): Promise<number> {
  const info = await getJson(server, 'prompt', options);
  const remaining =
    isRecord(info) && isRecord(info.exec_info) ? Number(info.exec_info.queue_remaining) : Number.NaN;
  if (Number.isInteger(remaining)) return remaining;
  throw new Unreachable('GET prompt did not tell the length of the queue');
}

/** Takes a prompt off the queue or stops it; one that is over, or that nobody knows, is left alone. @throws as `lookUp`. */
export async function cancelJob(server: Server, id: string, options: LookOptions): Promise<void> {
  if (server.hasJobs !== false) {
    const answer = await call(server, 'POST', `api/jobs/${id}/cancel`, { ...options, json: {} });
    if (answer.status === 200) return;
  }
  const { pending } = await readQueue(server, options);
  const waiting = pending.filter(isCalled(id)).map((entry) => entry.id);
  await call(server, 'POST', 'queue', { ...options, json: { delete: [id, ...waiting] } });
  // Servers before prompt_id was looked at stop whatever runs: it must be ours.
  const atWork = (await readQueue(server, options)).running.find(isCalled(id));
  if (atWork) await call(server, 'POST', 'interrupt', { ...options, json: { prompt_id: atWork.id } });
}

/** The files that `nodes` saved, in the order of the nodes. */
export function filesOf(outputs: Record<string, unknown>, nodes: readonly string[]): RemoteFile[] {
  return nodes.flatMap((node) => {
    const lists = isRecord(outputs[node]) ? Object.values(outputs[node]) : [];
    // `images`, `gifs`, `videos`, …: what is a file has a name. `animated` beside them is [true].
    return lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [])).flatMap(fileOf);
  });
}

function fileOf(item: unknown): RemoteFile[] {
  if (!isRecord(item) || typeof item.filename !== 'string' || item.filename === '') return [];
  const { filename, subfolder, type } = item;
  return [
    {
      filename,
      subfolder: typeof subfolder === 'string' ? subfolder : '',
      type: typeof type === 'string' ? type : 'output',
    },
  ];
}
