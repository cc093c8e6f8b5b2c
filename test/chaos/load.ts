/** The clients of a chaos run: each submits at its time, follows what it has submitted to its end, and writes down what it saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addAccount } from '../support/database.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { Acknowledged, Ledger } from './ledger.ts';
import { ACCOUNTS, type AccountName, type Item, writePrompt } from './load-plan.ts';

export interface Account {
  name: AccountName;
  accountId: string;
  key: string;
  keyId: string;
  /** Of the account or its key, in millionths of a USD. */
  budget: number | null;
  /** A picture of its own. */
  upload: string;
}

/** What the short of money ask for in the first minutes is about three times as much. */
const budgetFor = (items: readonly Item[], account: AccountName): number =>
  Math.round(
    (items
      .filter((item) => item.account === account && item.atMs < BUDGETED_MS)
      .reduce((sum, { images }) => sum + images, 0) *
      45_000) /
      3,
  );
const BUDGETED_MS = 120_000;

/** Makes the accounts, with budgets for some, and tells the receiver what their messages are signed with. */
export async function openAccounts(
  cluster: Cluster,
  client: Client,
  items: readonly Item[],
): Promise<Map<AccountName, Account>> {
  const made = ACCOUNTS.map(async (name): Promise<[AccountName, Account]> => {
    const budget = name.startsWith('short') ? budgetFor(items, name) : null;
    const own = await addAccount(cluster.postgres.dataDir, {
      name,
      ...(name === 'short of money' && budget !== null && { monthlyBudget: budget }),
    });
    let { key, keyId } = own;
    if (name === 'short of a key') {
      const { answer } = await client.call(own.key, '/v1/keys', {
        json: { name: 'the short one', scopes: ['admin'], monthly_budget_usd: budget! / 1e6 },
      });
      if (answer.status !== 201) throw new Error(`a key was refused: ${JSON.stringify(answer.body)}`);
      key = answer.body.key;
      keyId = answer.body.id;
    }
    const secret = await client.call(key, '/v1/webhooks/default/secret');
    cluster.receiver.expect(pathOf(name), secret.answer.body.secret);
    const uploaded = await client.call(key, '/v1/files', {
      body: cluster.picture,
      headers: { 'content-type': 'image/png' },
    });
    return [name, { name, accountId: own.accountId, key, keyId, budget, upload: uploaded.answer.body.url }];
  });
  return new Map(await Promise.all(made));
}

const pathOf = (account: AccountName): string => `/${account.replaceAll(' ', '-')}`;

export type Seen = Pick<Ledger, 'acknowledged' | 'refused' | 'unanswered' | 'surprises'>;

export interface Stage {
  cluster: Cluster;
  client: Client;
  accounts: ReadonlyMap<AccountName, Account>;
}

/** Submits until `over`. Resolves when all that was submitted has ended, or nobody waits any longer. */
export async function runLoad(
  stage: Stage,
  items: readonly Item[],
  seen: Seen,
  over: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const runs: Promise<void>[] = [];
  for (const item of items.toSorted((one, other) => one.atMs - other.atMs)) {
    const inMs = startedAt + item.atMs - performance.now();
    if (inMs > 0) await sleep(inMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted) break;
    runs.push(
      bringToItsEnd(stage, item, seen).catch((error: Error) => {
        seen.surprises.push(`${item.token} was not brought to its end: ${error.message}`);
      }),
    );
  }
  await Promise.all(runs);
}

async function bringToItsEnd({ cluster, client, accounts }: Stage, item: Item, seen: Seen): Promise<void> {
  const account = accounts.get(item.account)!;
  const acknowledged = await submit(cluster, client, account, item, seen);
  if (!acknowledged) return;
  seen.acknowledged.push(acknowledged);
  if (item.cancelled) await cancel(client, account, acknowledged);
  await follow(client, account, acknowledged);
}

function inputOf(cluster: Cluster, { upload }: Account, item: Item): Record<string, unknown> {
  const image = {
    upload,
    data: `data:image/png;base64,${cluster.picture.toString('base64')}`,
    fetched: `${cluster.picturesUrl}/${item.token}.png`,
  };
  return {
    prompt: writePrompt(item),
    num_images: item.images,
    resolution: '0.5K',
    aspect_ratio: '1:1',
    output_format: item.format,
    ...(item.image && { image_urls: [image[item.image]] }),
  };
}

async function submit(
  cluster: Cluster,
  client: Client,
  account: Account,
  item: Item,
  seen: Seen,
): Promise<Acknowledged | undefined> {
  const webhook = item.webhook
    ? `?webhook=${encodeURIComponent(cluster.receiverUrl + pathOf(account.name))}`
    : '';
  const send = () =>
    client.call(account.key, `/v1/models/${item.model}${webhook}`, {
      json: inputOf(cluster, account, item),
      headers: item.keyed ? { 'idempotency-key': item.token } : {},
    });
  const { answer, unanswered } = await send().catch((error) => {
    seen.unanswered.push({ token: item.token, sends: Number.POSITIVE_INFINITY });
    throw error;
  });
  if (answer.status === 402 && account.budget !== null) {
    seen.refused.push(item);
    if (unanswered > 0) seen.unanswered.push({ token: item.token, sends: unanswered });
    return undefined;
  }
  if (answer.status !== 200)
    throw new Error(`it was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  const requestId: string = answer.body.request_id;
  const otherIds: string[] = [];
  // Whoever is not sure sends it once more.
  if (item.keyed && unanswered > 0) {
    const again = await send();
    const id = again.answer.body.request_id ?? `none, but ${again.answer.status}`;
    if (id !== requestId) otherIds.push(id);
  }
  return { item, requestId, unanswered, otherIds, states: [], cancel: undefined };
}

async function cancel(client: Client, account: Account, acknowledged: Acknowledged): Promise<void> {
  const { answer } = await client.call(account.key, `/v1/requests/${acknowledged.requestId}/cancel`, {
    method: 'POST',
  });
  if (answer.status !== 202) throw new Error(`its cancel was answered ${answer.status}`);
  acknowledged.cancel = answer.body.outcome;
}

async function follow(client: Client, account: Account, acknowledged: Acknowledged): Promise<void> {
  const { states, requestId } = acknowledged;
  while (!hasEnded(states)) {
    const { answer } = await client.call(account.key, `/v1/requests/${requestId}/status?wait=10`);
    if (answer.status !== 200) throw new Error(`its status was answered ${answer.status}`);
    if (states.at(-1) !== answer.body.status) states.push(answer.body.status);
  }
}

/** Whether the last state is an end. */
export const hasEnded = (states: readonly string[]): boolean =>
  states.at(-1) === 'completed' || states.at(-1) === 'cancelled';
