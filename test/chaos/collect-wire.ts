/** What clients can see at the end of a chaos run: histories, results, usage, and every output, downloaded and looked at. */
import { createHash } from 'node:crypto';
import type { Client } from './client.ts';
import type { AccountMoney, SeenOutput, SeenRequest } from './ledger.ts';
import type { Account } from './load.ts';
import { readPrompt } from './load-plan.ts';
import { readMark } from './marked-picture.ts';

const AT_ONCE = 8;

interface ResultBody {
  request_id: string;
  status: string;
  created_at: string;
  completed_at: string | null;
  error?: { code: string };
  warnings?: { message: string }[];
  output?: { image?: string; images?: string[] };
  files?: { url: string; width: number; height: number; bytes: number; seed: number; sha256: string }[];
  cost: number;
  input: { prompt: string };
}

/** All requests of an account, by the pages of its history, each as its result shows it. */
export async function collectRequests(client: Client, account: Account): Promise<SeenRequest[]> {
  const entries: ResultBody[] = [];
  for (let cursor = ''; ; ) {
    const { answer } = await client.call(account.key, `/v1/requests?limit=100${cursor}`);
    entries.push(...answer.body.requests);
    if (!answer.body.next_cursor) break;
    cursor = `&cursor=${encodeURIComponent(answer.body.next_cursor)}`;
  }
  const seen: SeenRequest[] = [];
  const todo = entries[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const entry of todo) seen.push(await look(client, account, entry));
    }),
  );
  return seen;
}

async function look(client: Client, account: Account, entry: ResultBody): Promise<SeenRequest> {
  const { answer } = await client.call(
    account.key,
    `/v1/requests/${entry.request_id}/result?include_cost=true`,
  );
  const result: ResultBody = answer.body;
  const urls = result.output?.images ?? (result.output?.image ? [result.output.image] : []);
  const files = result.files ?? [];
  const outputs: SeenOutput[] = [];
  for (const [index, file] of files.entries()) {
    const problem = urls[index] === file.url ? undefined : 'files and output name different addresses';
    outputs.push(problem ? { seed: file.seed, mark: null, problem } : await download(client, account, file));
  }
  if (urls.length > files.length)
    outputs.push({ seed: -1, mark: null, problem: `${urls.length} outputs, but ${files.length} files` });
  return {
    id: entry.request_id,
    account: account.name,
    token: readPrompt(entry.input.prompt).token,
    // Of the two that have to be the same.
    status: entry.status === result.status ? result.status : `${entry.status} and ${result.status}`,
    error: result.error?.code,
    warnings: (result.warnings ?? []).map(({ message }) => message),
    cost: Math.round(result.cost * 1e6),
    outputs,
    createdAtMs: Date.parse(result.created_at),
    endedAtMs: result.completed_at === null ? null : Date.parse(result.completed_at),
  };
}

async function download(
  client: Client,
  account: Account,
  { url, seed, bytes, sha256 }: NonNullable<ResultBody['files']>[number],
): Promise<SeenOutput> {
  try {
    const { answer } = await client.call(account.key, new URL(url).pathname, { binary: true });
    const content: Buffer = answer.body;
    if (answer.status !== 200) throw new Error(`it was answered ${answer.status}`);
    if (content.length !== bytes) throw new Error(`${content.length} bytes instead of ${bytes}`);
    const hash = createHash('sha256').update(content).digest('hex');
    if (hash !== sha256) throw new Error('its hash is another one');
    return { seed, mark: await readMark(content), problem: undefined };
  } catch (error) {
    return { seed, mark: null, problem: `${url}: ${(error as Error).message}` };
  }
}

/** What an account is told that it used. */
export async function collectUsage(client: Client, account: Account): Promise<AccountMoney['usage']> {
  // Until now, by whoever answers.
  const path = '/v1/usage?group_by=key';
  const { total } = (await client.call(account.key, path)).answer.body;
  const { cost_usd, ...counts } = total;
  return { ...counts, cost: Math.round(cost_usd * 1e6) };
}
