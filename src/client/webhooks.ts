/** URLs that are told what happens, and what was sent to them: `darkroom.webhooks`. Changing them needs the scope `admin`. */

import type {
  CreatedWebhook,
  Delivery,
  DeliveryDetail,
  DeliveryPage,
  DeliveryState,
  Webhook,
  WebhookChanges,
  WebhookFields,
  WebhookSecret,
} from './account-types.ts';
import { cursorList, type List } from './list.ts';
import { segment } from './paths.ts';
import type { CallOptions, Transport } from './transport.ts';

export interface DeliveryFilters extends CallOptions {
  /** Of this webhook alone. */
  webhookId?: string | undefined;
  requestId?: string | undefined;
  state?: DeliveryState | undefined;
  /** Of one page: 1 to 100. */
  limit?: number | undefined;
}

export interface RotateOptions extends CallOptions {
  /** For so long the secret before is signed with as well: a day unless told, 0 for one that leaked. */
  overlapSeconds?: number | undefined;
}

export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list({ signal }: CallOptions = {}): Promise<Webhook[]> {
    return (await this.#transport.json<{ webhooks: Webhook[] }>({ path: '/v1/webhooks', signal })).webhooks;
  }

  async get(id: string, { signal }: CallOptions = {}): Promise<Webhook> {
    return this.#transport.json({ path: path(id), signal });
  }

  /** The answer has the secret that its receiver verifies signatures with. */
  async create(fields: WebhookFields, { signal }: CallOptions = {}): Promise<CreatedWebhook> {
    return this.#transport.json({ path: '/v1/webhooks', json: fields, signal, repeat: 'refused' });
  }

  async update(id: string, changes: WebhookChanges, { signal }: CallOptions = {}): Promise<Webhook> {
    return this.#transport.json({ method: 'PATCH', path: path(id), json: changes, signal });
  }

  /** What waits for it is given up. */
  async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: 'DELETE', path: path(id), signal });
  }

  /** Of a webhook, or with `default` of the URLs that submits name. */
  async secret(id: string, { signal }: CallOptions = {}): Promise<WebhookSecret> {
    return this.#transport.json({ path: `${path(id)}/secret`, signal });
  }

  /** A new secret, which the answer has. */
  async rotateSecret(id: string, { overlapSeconds, signal }: RotateOptions = {}): Promise<WebhookSecret> {
    return this.#transport.json({
      method: 'POST',
      path: `${path(id)}/rotate`,
      ...(overlapSeconds !== undefined && { json: { overlap_seconds: overlapSeconds } }),
      signal,
      repeat: 'refused',
    });
  }

  /** Sends it an event to try it with; `delivery` tells what came of it. */
  async test(id: string, { signal }: CallOptions = {}): Promise<Delivery> {
    return this.#transport.json({ method: 'POST', path: `${path(id)}/test`, signal, repeat: 'refused' });
  }

  /** What was or is to be sent, newest first. */
  deliveries(filters: DeliveryFilters = {}): List<Delivery, DeliveryPage> {
    const { webhookId, requestId, signal, ...rest } = filters;
    const query = { ...rest, webhook_id: webhookId, request_id: requestId };
    return cursorList(
      this.#transport,
      { path: '/v1/deliveries', query, signal },
      (page: DeliveryPage) => page.deliveries,
    );
  }

  /** With its attempts, and what is sent. */
  async delivery(id: string, { signal }: CallOptions = {}): Promise<DeliveryDetail> {
    return this.#transport.json({ path: `/v1/deliveries/${segment(id)}`, signal });
  }

  /** Sends it again, at once. */
  async redeliver(id: string, { signal }: CallOptions = {}): Promise<Delivery> {
    const path = `/v1/deliveries/${segment(id)}/redeliver`;
    return this.#transport.json({ method: 'POST', path, signal, repeat: 'refused' });
  }
}

const path = (id: string): string => `/v1/webhooks/${segment(id)}`;
