/** API keys of the account: `darkroom.keys`. They need a key with the scope `admin`. */

import type { CreatedKey, Key, KeyFields } from './account-types.ts';
import { segment } from './paths.ts';
import type { CallOptions, Transport } from './transport.ts';

export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list({ signal }: CallOptions = {}): Promise<Key[]> {
    return (await this.#transport.json<{ keys: Key[] }>({ path: '/v1/keys', signal })).keys;
  }

  async get(id: string, { signal }: CallOptions = {}): Promise<Key> {
    return this.#transport.json({ path: path(id), signal });
  }

  /** The secret is in `key`, this once. */
  async create(fields: KeyFields, { signal }: CallOptions = {}): Promise<CreatedKey> {
    return this.#transport.json({ path: '/v1/keys', json: fields, signal, repeat: 'refused' });
  }

  async update(id: string, changes: Partial<KeyFields>, { signal }: CallOptions = {}): Promise<Key> {
    return this.#transport.json({ method: 'PATCH', path: path(id), json: changes, signal });
  }

  /** Revokes it for good. */
  async delete(id: string, { signal }: CallOptions = {}): Promise<void> {
    return this.#transport.json({ method: 'DELETE', path: path(id), signal });
  }
}

const path = (id: string): string => `/v1/keys/${segment(id)}`;
