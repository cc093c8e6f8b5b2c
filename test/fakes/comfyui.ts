/**
 * A ComfyUI server on loopback, of today (`new`) or before `/api/jobs` (`old`): HTTP and WebSocket around a worker.
 * Answers have the shapes that its server.py, execution.py and comfy_execution/jobs.py make.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type Installed,
  installedFiles,
  nodeClasses,
  objectInfo,
  type Prompt,
  type SavedFile,
  validate,
} from './comfyui-nodes.ts';
import { ComfyUiWorker, type HistoryEntry } from './comfyui-worker.ts';

export interface ComfyUiFakeOptions {
  version?: 'new' | 'old';
  /** Servers of before 2025 did not look at a `prompt_id` they were given, nor at which prompt to interrupt. */
  makesUpIds?: boolean;
  /** Finished prompts that are remembered. */
  historySize?: number;
}

/** What goes wrong; tests set it, and set it back. */
export interface Faults {
  /** Before every answer. */
  latencyMs: number;
  /** What happens at a bad moment: before such a call is answered. */
  before: ((name: string) => Promise<unknown> | undefined) | undefined;
  /** Such calls, `POST /prompt`, are done and never answered. */
  silent: RegExp | undefined;
  /** So many answers of /view break off in the middle. */
  resetViews: number;
  /** Instead of what was saved. */
  view: Buffer | undefined;
  noSocket: boolean;
  /** Everything is answered with this status. */
  status: number | undefined;
}

interface Reply {
  status: number;
  json?: unknown;
  /** Not JSON. */
  bytes?: Buffer;
}

interface Call {
  /** `GET /queue` */
  name: string;
  url: URL;
  body: Buffer;
  contentType: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const PREVIEW = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 255, 216]);

/** Counts what is posted and what is executed. Events: `posted`; those of the worker: `held`, `done`, `interrupted`, `dequeued`. */
export class ComfyUiFake implements AsyncDisposable {
  readonly faults: Faults = {
    latencyMs: 0,
    before: undefined,
    silent: undefined,
    resetViews: 0,
    view: undefined,
    noSocket: false,
    status: undefined,
  };
  /** Model files; tests take some away. */
  readonly files: Installed = installedFiles();
  readonly uploads = new Map<string, Buffer>();
  /** Every prompt that was accepted, in order. */
  readonly posted: { id: string; prompt: Prompt; clientId: unknown }[] = [];
  readonly calls: string[] = [];
  /** What calls and sockets brought along. */
  readonly authorizations: (string | undefined)[] = [];
  /** Custom nodes that are not installed. */
  readonly missingClasses: string[] = [];
  readonly worker: ComfyUiWorker;

  readonly #version: 'new' | 'old';
  readonly #makesUpIds: boolean;
  readonly #saved = new Map<string, Buffer>();
  readonly #sockets = new Map<string, WebSocket>();
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  readonly #ws = new WebSocketServer({ noServer: true });
  #port = 0;

  constructor({ version = 'new', makesUpIds = false, historySize = 10_000 }: ComfyUiFakeOptions) {
    this.#version = version;
    this.#makesUpIds = makesUpIds;
    this.worker = new ComfyUiWorker({
      historySize,
      tellsState: version === 'new',
      send: (type, data, clientId) => this.#send(type, data, clientId),
      preview: (clientId) => this.#sockets.get(String(clientId))?.send(PREVIEW),
      keep: (file: SavedFile) => this.#saved.set(file.name, file.bytes),
    });
    this.#http.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url!, 'http://fake');
      this.authorizations.push(request.headers.authorization);
      if (this.faults.noSocket || url.pathname !== '/ws') socket.destroy();
      else
        this.#ws.handleUpgrade(request, socket, head, (ws) =>
          this.#welcome(ws, url.searchParams.get('clientId')),
        );
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<this> {
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = (this.#http.address() as AddressInfo).port;
    return this;
  }

  /** The process dies and is started again on the same port. */
  async restart(whileDown: () => Promise<unknown> = async () => {}): Promise<void> {
    await this.stop();
    await whileDown();
    await this.listen();
  }

  async stop(): Promise<void> {
    this.worker.die();
    this.killSockets();
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  /** Every socket breaks, as when a proxy restarts. */
  killSockets(): void {
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#http.listening) await this.stop();
  }

  #welcome(ws: WebSocket, clientId: string | null): void {
    const sid = clientId || randomUUID().replaceAll('-', '');
    this.#sockets.set(sid, ws);
    ws.on('close', () => {
      if (this.#sockets.get(sid) === ws) this.#sockets.delete(sid);
      this.worker.emit('socket closed');
    });
    ws.on('error', () => {});
    this.#send('status', { status: this.#queueInfo(), sid }, sid);
    this.worker.emit('socket', sid);
  }

  #send(type: string, data: Record<string, unknown>, clientId?: unknown): void {
    const message = JSON.stringify({ type, data });
    for (const [id, socket] of this.#sockets)
      if (clientId === undefined || id === clientId) socket.send(message);
  }

  #queueInfo(): Record<string, unknown> {
    const { queue, running } = this.worker;
    return { exec_info: { queue_remaining: queue.length + (running ? 1 : 0) } };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://fake');
    // Every route is there twice, the jobs with the prefix alone.
    const path = url.pathname.startsWith('/api/jobs') ? url.pathname : url.pathname.replace(/^\/api\//, '/');
    const name = `${request.method} ${path}`;
    this.calls.push(name);
    this.authorizations.push(request.headers.authorization);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.faults.latencyMs > 0) await sleep(this.faults.latencyMs);
    await this.faults.before?.(name);
    const contentType = request.headers['content-type'] ?? '';
    const { status, json, bytes } =
      this.faults.status === undefined
        ? await this.#answer({ name, url, body: Buffer.concat(chunks), contentType })
        : { status: this.faults.status };
    if (this.faults.silent?.test(name)) return;
    const type = json === undefined ? 'application/octet-stream' : 'application/json; charset=utf-8';
    const content = json === undefined ? (bytes ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(json));
    response.writeHead(status, { 'content-type': type, 'content-length': content.length });
    if (name === 'GET /view' && this.faults.resetViews > 0) {
      this.faults.resetViews--;
      response.write(content.subarray(0, Math.floor(content.length / 2)), () => response.destroy());
    } else response.end(content);
  }

  #answer(call: Call): Reply | Promise<Reply> {
    const { queue, running } = this.worker;
    const json = (): Record<string, unknown> => JSON.parse(call.body.toString() || '{}');
    const [, route = '', name = ''] = /^\w+ \/(\w+)(?:\/([^/]+))?/.exec(call.name) ?? [];
    if (this.#version === 'new' && call.name.includes(' /api/jobs')) return this.#jobs(call.name);
    switch (`${call.name.split(' ')[0]} ${route}`) {
      case 'GET prompt':
        return { status: 200, json: this.#queueInfo() };
      case 'POST prompt':
        return this.#post(json());
      case 'GET queue':
        return { status: 200, json: { queue_running: running ? [running] : [], queue_pending: queue } };
      case 'POST queue':
        for (const id of (json().delete ?? []) as string[]) this.worker.dequeue(id);
        return { status: 200 };
      case 'POST interrupt':
        if (this.#makesUpIds || json().prompt_id === running?.[1]) this.worker.interrupt();
        return { status: 200 };
      case 'GET history':
        return { status: 200, json: this.#history(name) };
      case 'GET object_info':
        return { status: 200, json: this.#objectInfo(decodeURIComponent(name)) };
      case 'GET system_stats':
        return { status: 200, json: { system: { os: 'posix', comfyui_version: '0.36.0' }, devices: [] } };
      case 'POST upload':
        return this.#upload(call);
      case 'GET view':
        return this.#view(call.url.searchParams);
      default:
        // The static files of the web page answer the rest.
        return call.name.startsWith('GET')
          ? { status: 404, bytes: Buffer.from('404: Not Found') }
          : { status: 405, bytes: Buffer.from('405: Method Not Allowed') };
    }
  }

  #history(id: string): unknown {
    if (id === '') return Object.fromEntries(this.worker.history);
    const entry = this.worker.history.get(id);
    return entry ? { [id]: entry } : {};
  }

  #classes() {
    const all = nodeClasses(this.files, ['example.png', ...this.uploads.keys()], this.#version === 'new');
    return Object.fromEntries(Object.entries(all).filter(([name]) => !this.missingClasses.includes(name)));
  }

  #objectInfo(name: string): unknown {
    const known = this.#classes()[name];
    return known ? { [name]: objectInfo(name, known) } : {};
  }

  #jobs(called: string): Reply {
    const { queue, running, history } = this.worker;
    const [, id = '', verb] = /^\w+ \/api\/jobs\/([^/]+)(\/cancel)?$/.exec(called) ?? [];
    if (verb) {
      const cancelled = this.worker.dequeue(id) || (running?.[1] === id && this.worker.interrupt());
      return { status: 200, json: { cancelled } };
    }
    const done = history.get(id);
    if (done) return { status: 200, json: jobOfHistory(id, done) };
    const item = running?.[1] === id ? running : queue.find((queued) => queued[1] === id);
    if (!item) return { status: 404, json: { error: 'Job not found' } };
    const [priority, , prompt, extra_data] = item;
    const status = item === running ? 'in_progress' : 'pending';
    const { create_time } = extra_data;
    const workflow = { prompt, extra_data };
    return { status: 200, json: { id, status, priority, create_time, outputs_count: 0, workflow } };
  }

  #post(posted: Record<string, unknown>): Reply {
    const refused = (type: string, message: string): Reply => ({
      status: 400,
      json: { error: { type, message, details: message, extra_info: {} }, node_errors: {} },
    });
    const prompt = posted.prompt as Prompt | undefined;
    if (!prompt) return refused('no_prompt', 'No prompt provided');
    const given = posted.prompt_id as string | undefined;
    if (given !== undefined && this.#version === 'new' && !UUID.test(given))
      return refused('invalid_prompt_id', 'prompt_id must be a valid UUID');
    const id = this.#makesUpIds ? randomUUID() : (given ?? randomUUID());
    const invalid = validate(prompt, this.#classes());
    if (invalid) return { status: 400, json: invalid };
    const extraData = {
      ...(posted.extra_data as object),
      ...(posted.client_id !== undefined && { client_id: posted.client_id }),
    };
    this.posted.push({ id, prompt, clientId: posted.client_id });
    const number = this.worker.put(id, prompt, extraData);
    this.worker.emit('posted', id);
    return { status: 200, json: { prompt_id: id, number, node_errors: {} } };
  }

  async #upload({ body, contentType }: Call): Promise<Reply> {
    const headers = { 'content-type': contentType };
    const form = await new Response(new Uint8Array(body), { headers }).formData();
    const image = form.get('image');
    if (!(image instanceof File)) return { status: 400 };
    const subfolder = String(form.get('subfolder') ?? '');
    const bytes = Buffer.from(await image.arrayBuffer());
    const at = (name: string): string => (subfolder === '' ? name : `${subfolder}/${name}`);
    // What is there under that name already stays, unless it is the same.
    const [, stem, extension = ''] = /^(.*?)(\.[^.]*)?$/.exec(image.name)!;
    let name = image.name;
    for (let i = 1; this.uploads.has(at(name)) && !this.uploads.get(at(name))!.equals(bytes); i++)
      name = `${stem} (${i})${extension}`;
    this.uploads.set(at(name), bytes);
    return { status: 200, json: { name, subfolder, type: String(form.get('type') ?? 'input') } };
  }

  #view(query: URLSearchParams): Reply {
    const [name, subfolder] = [query.get('filename') ?? '', query.get('subfolder') ?? ''];
    const bytes = this.#saved.get(subfolder === '' ? name : `${subfolder}/${name}`);
    if (name === '' || query.get('type') !== 'output' || !bytes) return { status: 404 };
    return { status: 200, bytes: this.faults.view ?? bytes };
  }
}

function jobOfHistory(id: string, entry: HistoryEntry): Record<string, unknown> {
  const [priority, , prompt, extra_data] = entry.prompt;
  const dataOf = (name: string) => entry.status.messages.find(([type]) => type === name)?.[1];
  const failed = dataOf('execution_interrupted') ? 'cancelled' : 'failed';
  const error = dataOf('execution_error');
  return {
    id,
    status: entry.status.status_str === 'success' ? 'completed' : failed,
    priority,
    create_time: extra_data.create_time,
    ...(error && { execution_error: error }),
    outputs_count: Object.keys(entry.outputs).length,
    outputs: entry.outputs,
    execution_status: entry.status,
    workflow: { prompt, extra_data },
  };
}

/** Listens on a free port of loopback until it is disposed. */
export const startComfyUiFake = (options: ComfyUiFakeOptions = {}): Promise<ComfyUiFake> =>
  new ComfyUiFake(options).listen();
