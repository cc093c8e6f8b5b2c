/** The inside of the fake ComfyUI: a queue, a worker that executes one prompt after the other, a history in memory. */
import { EventEmitter, once } from 'node:events';
import { type Prompt, type SavedFile, save } from './comfyui-nodes.ts';

export type QueueItem = [
  number: number,
  id: string,
  prompt: Prompt,
  extraData: Record<string, unknown>,
  outputs: string[],
];

export interface HistoryEntry {
  prompt: QueueItem;
  outputs: Record<string, unknown>;
  status: {
    status_str: 'success' | 'error';
    completed: boolean;
    messages: [string, Record<string, unknown>][];
  };
  meta: Record<string, unknown>;
}

export interface WorkerOptions {
  historySize: number;
  /** Newer servers tell the state of all nodes, to everybody. */
  tellsState: boolean;
  send(type: string, data: Record<string, unknown>, clientId?: unknown): void;
  preview(clientId: unknown): void;
  keep(file: SavedFile): void;
}

const STEPS = 4;

export class ComfyUiWorker extends EventEmitter {
  queue: QueueItem[] = [];
  running: QueueItem | undefined;
  readonly history = new Map<string, HistoryEntry>();
  /** Prompts whose work was begun; one that was all in the cache is not among them. */
  executed = 0;
  readonly interrupted: string[] = [];
  /** Whether each prompt is held in its middle until `proceed`. */
  holding = false;
  /** Every execution fails with this, traceback and all. */
  executionError: { exception_type: string; exception_message: string } | undefined;
  /** Executions end without an output. */
  savesNothing = false;

  readonly #options: WorkerOptions;
  readonly #cache = new Map<string, Record<string, unknown>>();
  #number = 0;
  #counter = 0;

  constructor(options: WorkerOptions) {
    super();
    this.#options = options;
  }

  /** It does not deduplicate: an id that is put twice is executed twice. @returns its number. */
  put(id: string, prompt: Prompt, extraData: Record<string, unknown>): number {
    const number = this.#number++;
    const outputs = Object.keys(prompt).filter((node) => prompt[node]!.class_type.startsWith('Save'));
    this.queue.push([number, id, prompt, { ...extraData, create_time: Date.now() }, outputs]);
    void this.#work();
    return number;
  }

  proceed(): void {
    this.holding = false;
    this.emit('proceed');
  }

  dequeue(id: string): boolean {
    const before = this.queue.length;
    this.queue = this.queue.filter((item) => item[1] !== id);
    if (this.queue.length === before) return false;
    this.emit('dequeued', id);
    return true;
  }

  /** Stops whatever runs. */
  interrupt(): boolean {
    if (!this.running) return false;
    this.interrupted.push(this.running[1]);
    this.emit('proceed');
    this.emit('interrupted', this.running[1]);
    return true;
  }

  /** As when the process dies: all of it was in its memory. */
  die(): void {
    this.queue = [];
    this.running = undefined;
    this.history.clear();
    this.#cache.clear();
    this.emit('died');
  }

  async #work(): Promise<void> {
    while (!this.running && this.queue.length > 0) {
      const item = this.queue.shift()!;
      this.running = item;
      await this.#execute(item);
    }
  }

  async #execute(item: QueueItem): Promise<void> {
    const [, prompt_id, prompt, { client_id: sid }] = item;
    const messages: HistoryEntry['status']['messages'] = [];
    const tell = (type: string, data: Record<string, unknown>): void => {
      const stamped = { prompt_id, ...data, timestamp: Date.now() };
      messages.push([type, stamped]);
      if (sid !== undefined) this.#options.send(type, stamped, sid);
    };
    tell('execution_start', {});
    const key = JSON.stringify(prompt);
    const cached = this.#cache.get(key);
    tell('execution_cached', { nodes: cached ? Object.keys(prompt) : [] });
    if (cached) {
      tell('execution_success', {});
      return this.#end(item, 'success', cached, messages);
    }
    this.executed++;
    for (const node of Object.keys(prompt)) {
      const about = { node_id: node, node_type: prompt[node]!.class_type, executed: [] };
      this.#options.send('executing', { node, display_node: node, prompt_id }, sid);
      const samples = about.node_type === 'KSampler';
      if (samples) await this.#sample(node, prompt_id, sid);
      if (this.running !== item) return;
      const stopped = this.interrupted.includes(prompt_id);
      if (stopped) tell('execution_interrupted', about);
      else if (samples && this.executionError) tell('execution_error', { ...about, ...this.#errorDetails() });
      else continue;
      return this.#end(item, 'error', {}, messages);
    }
    const outputs = this.savesNothing ? {} : await this.#saveAll(item);
    if (!this.savesNothing) this.#cache.set(key, outputs);
    tell('execution_success', {});
    this.#end(item, 'success', outputs, messages);
  }

  #errorDetails(): Record<string, unknown> {
    return {
      ...this.executionError,
      traceback: ['  File "/opt/ComfyUI/execution.py", line 524, in execute\n'],
      current_inputs: { text: ['a secret prompt'] },
      current_outputs: [],
    };
  }

  #end(
    item: QueueItem,
    status_str: 'success' | 'error',
    outputs: Record<string, unknown>,
    messages: HistoryEntry['status']['messages'],
  ): void {
    // It died meanwhile.
    if (this.running !== item) return;
    const [, prompt_id, , { client_id }] = item;
    if (this.history.size >= this.#options.historySize)
      this.history.delete(this.history.keys().next().value as string);
    const status = { status_str, completed: status_str === 'success', messages };
    this.history.set(prompt_id, { prompt: item, outputs, status, meta: {} });
    this.running = undefined;
    if (client_id !== undefined) this.#options.send('executing', { node: null, prompt_id }, client_id);
    this.emit('done', prompt_id);
  }

  async #saveAll([, prompt_id, prompt, { client_id }, nodes]: QueueItem): Promise<Record<string, unknown>> {
    const outputs: Record<string, unknown> = {};
    for (const node of nodes) {
      const file = await save(prompt, node, ++this.#counter);
      this.#options.keep(file);
      const slash = file.name.lastIndexOf('/');
      const saved = {
        filename: file.name.slice(slash + 1),
        subfolder: file.name.slice(0, Math.max(0, slash)),
        type: 'output',
      };
      const output = { images: [saved], ...(file.name.endsWith('.mp4') && { animated: [true] }) };
      outputs[node] = output;
      this.#options.send('executed', { node, display_node: node, output, prompt_id }, client_id);
    }
    return outputs;
  }

  async #sample(node: string, prompt_id: string, clientId: unknown): Promise<void> {
    for (let value = 1; value <= STEPS; value++) {
      this.#options.send('progress', { value, max: STEPS, prompt_id, node }, clientId);
      const state = { value, max: STEPS, state: 'running', node_id: node, prompt_id, display_node_id: node };
      if (this.#options.tellsState)
        this.#options.send('progress_state', { prompt_id, nodes: { [node]: state } });
      this.#options.preview(clientId);
      if (value !== STEPS / 2 || !this.holding) continue;
      const released = Promise.race([once(this, 'proceed'), once(this, 'died')]);
      this.emit('held', prompt_id);
      await released;
    }
  }
}
