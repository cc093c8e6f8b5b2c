/** The client: `new Darkroom()`. */
import { limit, sleep } from './abort.ts';
import { type AccountEvents, accountEvents, type EventsOptions } from './account-events.ts';
import type { Account, Estimate, Usage } from './account-types.ts';
import {
  ConnectionError,
  DarkroomError,
  RequestCancelledError,
  RequestFailedError,
  TimeoutError,
} from './errors.ts';
import { Files } from './files.ts';
import { follow, readStatus, type StatusOptions } from './follow.ts';
import { replaceFiles } from './inputs.ts';
import { Keys } from './keys.ts';
import { ModelCatalogue } from './model-catalogue.ts';
import type { InputOf, ModelId, OutputOf } from './models.ts';
import type { DarkroomOptions } from './options.ts';
import { modelPath, segment } from './paths.ts';
import { Requests } from './requests.ts';
import { type SubmitOptions, submit } from './submit.ts';
import { type CallOptions, Transport } from './transport.ts';
import type { Cancellation, CompletedResult, Result, Status, Submitted, Update } from './types.ts';
import { Webhooks } from './webhooks.ts';

export interface WaitOptions extends CallOptions {
  /** Called with each change, in their order. */
  onUpdate?: ((update: Update) => void) | undefined;
  /** Milliseconds; no end unless told. */
  timeout?: number | undefined;
  /** The result has `cost`, in USD. */
  includeCost?: boolean | undefined;
}

export interface RunOptions extends SubmitOptions, WaitOptions {}

export interface ResultOptions extends CallOptions {
  /** The result has `cost`, in USD. */
  includeCost?: boolean | undefined;
}

export interface UsageOptions extends CallOptions {
  /** Ended at or after; 30 days before `to` by default. */
  from?: string | Date | undefined;
  to?: string | Date | undefined;
  groupBy?: 'day' | 'model' | 'key' | undefined;
}

/** How long an aborted run still looks after what it has submitted. */
const WITHDRAW_MS = 5_000;
const REPLICA_LAG_MS = 1_000;

export class Darkroom {
  readonly requests: Requests;
  readonly files: Files;
  readonly models: ModelCatalogue;
  readonly keys: Keys;
  readonly webhooks: Webhooks;
  readonly #transport: Transport;

  constructor(options: DarkroomOptions = {}) {
    const transport = new Transport(options);
    this.#transport = transport;
    this.requests = new Requests(transport);
    this.files = new Files(transport);
    this.models = new ModelCatalogue(transport);
    this.keys = new Keys(transport);
    this.webhooks = new Webhooks(transport);
  }

  /** Where it calls. */
  get baseUrl(): string {
    return this.#transport.settings.baseUrl;
  }

  /**
   * Submits, waits and gives the completed result. When it is aborted or its time is over, a request that still waits in
   * the queue is cancelled; one that runs goes on, and its result can be had with `wait`.
   * @throws {RequestFailedError} {RequestCancelledError} {TimeoutError} {APIError} {ConnectionError}
   */
  async run<M extends ModelId>(
    model: M,
    input: InputOf<M>,
    options: RunOptions = {},
  ): Promise<CompletedResult<OutputOf<M>>> {
    const { timeout, onUpdate, includeCost, ...submitOptions } = options;
    const whole = limit(options.signal, timeout, () => timeoutError(timeout!));
    const { signal } = whole;
    let requestId: string | undefined;
    try {
      const submitted = await submit(this.#transport, this.files, model, input, {
        ...submitOptions,
        signal,
        graceMs: WITHDRAW_MS,
      });
      requestId = submitted.request_id;
      signal.throwIfAborted();
      return await this.#wait<OutputOf<M>>(requestId, { onUpdate, includeCost, signal });
    } catch (error) {
      if (requestId !== undefined && signal.aborted) await this.#withdraw(requestId);
      throw named(error, requestId);
    } finally {
      whole.release();
    }
  }

  /** Submits, and gives the id as soon as the request is stored durably. Files in the input are uploaded first. */
  async submit<M extends ModelId>(
    model: M,
    input: InputOf<M>,
    options: SubmitOptions = {},
  ): Promise<Submitted> {
    return submit(this.#transport, this.files, model, input, options);
  }

  async status(requestId: string, options: StatusOptions = {}): Promise<Status> {
    return readStatus(this.#transport, requestId, options);
  }

  /** The result in whatever state the request is. */
  async result(requestId: string, { includeCost, signal }: ResultOptions = {}): Promise<Result> {
    const path = `/v1/requests/${segment(requestId)}/result`;
    return this.#transport.json({ path, query: { include_cost: includeCost || undefined }, signal });
  }

  /** Takes it out of the queue, if it still waits there: `outcome` says. */
  async cancel(requestId: string, { signal }: CallOptions = {}): Promise<Cancellation> {
    const path = `/v1/requests/${segment(requestId)}/cancel`;
    return this.#transport.json({ method: 'POST', path, signal });
  }

  /** Every change of a request, the state it is in first, until it has ended. Stopping the loop stops listening, not the request. */
  subscribe(requestId: string, { signal }: CallOptions = {}): AsyncGenerator<Update, void, undefined> {
    return follow(this.#transport, requestId, { signal });
  }

  /** Waits for a request that was submitted, and gives its completed result. Giving up leaves the request as it is. */
  async wait(requestId: string, options: WaitOptions = {}): Promise<CompletedResult> {
    const { timeout, onUpdate, includeCost } = options;
    const whole = limit(options.signal, timeout, () => timeoutError(timeout!));
    try {
      return await this.#wait(requestId, { onUpdate, includeCost, signal: whole.signal });
    } catch (error) {
      throw named(error, requestId);
    } finally {
      whole.release();
    }
  }

  /** What a request would cost; nothing is submitted or uploaded. */
  async estimate<M extends ModelId>(
    model: M,
    input: InputOf<M>,
    { signal }: CallOptions = {},
  ): Promise<Estimate> {
    // To a host that knows no estimates, it would be a submit.
    if (!this.#transport.settings.isDarkroom) throw new DarkroomError('Only a Darkroom gives estimates.');
    // What the price depends on is no file's content.
    const json = await replaceFiles(input, () => 'https://example.com/to-be-uploaded.png');
    return this.#transport.json({ path: `${modelPath(model)}/estimate`, json, signal });
  }

  async usage({ from, to, groupBy, signal }: UsageOptions = {}): Promise<Usage> {
    return this.#transport.json({ path: '/v1/usage', query: { from, to, group_by: groupBy }, signal });
  }

  /** Limits and budget. */
  async account({ signal }: CallOptions = {}): Promise<Account> {
    return this.#transport.json({ path: '/v1/account', signal });
  }

  /** What happens in the account, from now on or from after an event. Goes on until the loop is left or the signal aborted. */
  events(options: EventsOptions = {}): AccountEvents {
    return accountEvents(this.#transport, options);
  }

  async #wait<O>(
    requestId: string,
    { onUpdate, includeCost, signal }: Omit<WaitOptions, 'timeout'> & { signal: AbortSignal },
  ): Promise<CompletedResult<O>> {
    for (;;) {
      let result: Result | undefined;
      const onEnd = (told: Result): void => {
        result = told;
      };
      for await (const update of follow(this.#transport, requestId, { signal, includeCost, onEnd }))
        onUpdate?.(update);
      // What a synchronous request has made is given once, to who asks for the result.
      if (!result || (result.status === 'completed' && !result.output))
        result = await this.result(requestId, { includeCost, signal });
      if (result.status === 'completed') return result as CompletedResult<O>;
      if (result.status === 'failed') throw new RequestFailedError(result);
      if (result.status === 'cancelled') throw new RequestCancelledError(result);
      // Status and result may come from different replicas.
      await sleep(REPLICA_LAG_MS, signal);
    }
  }

  /** Best effort: whether it still waits, and whether the server can be reached, is not ours to say. */
  async #withdraw(requestId: string): Promise<void> {
    const short = limit(
      undefined,
      WITHDRAW_MS,
      () => new ConnectionError('The server did not answer in time.'),
    );
    await this.cancel(requestId, { signal: short.signal }).catch(() => {});
    short.release();
  }
}

const timeoutError = (ms: number): TimeoutError => new TimeoutError(`It was not finished after ${ms} ms.`);

/** Says which request it was that still goes on. */
function named(error: unknown, requestId: string | undefined): unknown {
  if (error instanceof TimeoutError || error instanceof ConnectionError) error.requestId = requestId;
  return error;
}
