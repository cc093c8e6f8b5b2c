/**
 * Ten thousand submits while the server, and sometimes its PostgreSQL too, is killed at random moments: what was
 * acknowledged ends, exactly once. `CRASH_SEED` repeats a run as far as time allows.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAccount } from './support/accounts.ts';
import { type Answer, call, TEXT_TO_IMAGE } from './support/api.ts';
import { killPostgres, type Peek, peekInto, stopLeftPostgres, type TestAccount } from './support/database.ts';
import { freePort } from './support/free-port.ts';
import { type Random, randomFrom } from './support/random.ts';
import { type ServerProcess, spawnServer, temporaryFolder } from './support/server.ts';

const SUBMITS = 10_000;
const SUBMITS_AT_ONCE = 64;
const ACCOUNTS = 4;
const PICTURES = 0.03;
/** Kills come at random moments of the work: half of them while submits come, the others while the rest is run. */
const KILLS = ['server', 'server', 'both', 'server', 'postgres', 'server', 'both', 'server'] as const;

const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));

interface Planned {
  index: number;
  account: TestAccount;
  idempotencyKey: string | undefined;
  input: Record<string, unknown>;
}

interface Sent extends Planned {
  /** Of the answer 200. */
  requestId: string;
  /** Sends whose answer was lost or an error: each may have made a request, where no key tells. */
  unanswered: number;
}

/** Nearly all fail at no cost, the others make small pictures, which is what takes long: what is killed is the same. */
function plan(random: Random, accounts: TestAccount[]): Planned[] {
  return Array.from({ length: SUBMITS }, (_, index) => {
    const picture = random.next() < PICTURES;
    const input = {
      prompt: picture ? `picture ${index}` : `submit ${index} [[sandbox:blocked]]`,
      resolution: '0.5K',
      // Another format than the backend's would be the same work once more.
      output_format: 'jpeg',
      ...(random.next() < 0.05 && { num_images: random.integer(2, 4) }),
    };
    const idempotencyKey = random.next() < 0.5 ? `key ${index}` : undefined;
    return { index, account: random.pick(accounts), idempotencyKey, input };
  });
}

/** A server that is killed and comes back on the same data and port. */
class Victim {
  readonly dataDir: string;
  readonly url: string;
  readonly #env: Record<string, string>;
  process!: ServerProcess;
  /** Resolves when it is there again. */
  up: Promise<void> = Promise.resolve();
  kills = 0;

  constructor(dataDir: string, port: number) {
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = { PORT: String(port), DARKROOM_CONCURRENCY: '48', DARKROOM_MAX_RUNNING: '16' };
  }

  async start(): Promise<void> {
    this.process = await spawnServer(this.dataDir, this.#env);
  }

  /** SIGKILL to what is named, at once, and a new start. */
  async kill(what: (typeof KILLS)[number]): Promise<void> {
    this.kills++;
    if (what === 'postgres') {
      await killPostgres(this.dataDir);
      return;
    }
    const { promise: up, resolve } = Promise.withResolvers<void>();
    this.up = up;
    if (what === 'both') await killPostgres(this.dataDir);
    this.process.child.kill('SIGKILL');
    await this.process.exited;
    await this.start();
    resolve();
  }
}

/** Sends until it is answered 200. Under a key the same is sent again; without one it is a new submit each time. */
async function sendUntilAcknowledged(victim: Victim, planned: Planned): Promise<Sent> {
  for (let unanswered = 0; ; ) {
    await victim.up;
    let answer: Answer | undefined;
    try {
      answer = await call({ url: victim.url, key: planned.account.key }, `/v1/models/${TEXT_TO_IMAGE}`, {
        json: planned.input,
        headers: planned.idempotencyKey ? { 'idempotency-key': planned.idempotencyKey } : {},
      });
    } catch {
      // Killed in the middle of it, or not there: whether it was taken in cannot be known.
    }
    if (answer?.status === 200) return { ...planned, requestId: answer.body.request_id, unanswered };
    if (answer && answer.status !== 503 && answer.status !== 409)
      throw new Error(`submit ${planned.index} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    // A conflict is about an earlier send, which counts already.
    if (answer?.status !== 409) unanswered++;
    await sleep(50);
  }
}

describe(`ten thousand submits with ${KILLS.length} kills (seed ${seed})`, () => {
  let victim: Victim;
  let db: Peek;
  let sent: Sent[];
  let accounts: TestAccount[];

  beforeAll(async () => {
    const random = randomFrom(seed);
    victim = new Victim(await temporaryFolder(), await freePort());
    await victim.start();
    accounts = [];
    for (let index = 0; index < ACCOUNTS; index++)
      accounts.push(await makeAccount(victim, { name: `account ${index}` }));
    db = await peekInto(victim.dataDir);

    const planned = plan(random, accounts);
    const todo = planned[Symbol.iterator]();
    sent = [];
    const submitting = Promise.all(
      Array.from({ length: SUBMITS_AT_ONCE }, async () => {
        for (const next of todo) sent.push(await sendUntilAcknowledged(victim, next));
      }),
    );

    const ended = async (): Promise<number> => {
      try {
        return (await db.row('select count(*)::int as n from usage')).n;
      } catch {
        return 0;
      }
    };
    // The moments are parts of all the work: submits acknowledged and requests ended.
    const moments = KILLS.map((_, index) => ((index + random.next()) / KILLS.length) * SUBMITS * 2 * 0.95);
    for (const [index, moment] of moments.entries()) {
      while (sent.length + (await ended()) < moment) await sleep(100);
      await sleep(random.integer(0, 100));
      await victim.kill(KILLS[index]!);
    }
    await submitting;
    const unfinished = async (): Promise<number> => {
      const { n } = await db.row(
        "select count(*)::int as n from requests where state in ('queued', 'running')",
      );
      return n;
    };
    while ((await unfinished()) > 0) await sleep(100);
  }, 240_000);
  afterAll(async () => {
    await db?.[Symbol.asyncDispose]();
    await victim.process[Symbol.asyncDispose]();
    await stopLeftPostgres(victim.dataDir);
    await rm(victim.dataDir, { recursive: true, force: true });
  });

  test('every acknowledged request ends, exactly once', async () => {
    expect(victim.kills).toBe(KILLS.length);
    expect(sent).toHaveLength(SUBMITS);
    expect(new Set(sent.map(({ requestId }) => requestId)).size).toBe(SUBMITS);
    const states = new Map(
      (
        await db.rows(
          `select r.id, r.state, r.account_id, r.failure->>'code' as code, u.outcome, (select count(*)::int from usage where request_id = r.id) as usage
             from requests r left join usage u on u.request_id = r.id`,
        )
      ).map((row) => [row.id, row]),
    );
    const codes = new Map<string, number>();
    for (const { requestId, account, input } of sent) {
      const row = states.get(requestId);
      expect(row).toMatchObject({ account_id: account.accountId, usage: 1, outcome: row.state });
      const outcome = row.code ?? row.state;
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
      // A run that was killed three times is given up, and says so.
      const blocked = String(input.prompt).includes('blocked');
      expect([blocked ? 'content_blocked' : 'completed', 'worker_lost']).toContain(outcome);
    }
    expect(codes.get('worker_lost') ?? 0).toBeLessThan(SUBMITS / 100);
    expect(codes.get('completed')).toBeGreaterThan((SUBMITS * PICTURES) / 2);
  });

  test('a submit under a key makes one request; one without makes as many as may have been taken in', async () => {
    const rows = await db.rows<{ id: string; prompt: string }>(
      "select id, input->>'prompt' as prompt from requests",
    );
    const byPrompt = Map.groupBy(rows, ({ prompt }) => prompt);
    let extras = 0;
    for (const { input, requestId, idempotencyKey, unanswered } of sent) {
      const made = byPrompt.get(String(input.prompt))!.map(({ id }) => id);
      expect(made).toContain(requestId);
      if (idempotencyKey !== undefined) expect(made).toEqual([requestId]);
      else expect(made.length).toBeLessThanOrEqual(1 + unanswered);
      extras += made.length - 1;
    }
    expect(rows).toHaveLength(SUBMITS + extras);
    // Else the kills did not meet any submit.
    expect(sent.some(({ unanswered }) => unanswered > 0)).toBe(true);
    const keys = sent.filter(({ idempotencyKey }) => idempotencyKey !== undefined).length;
    expect(await db.row('select count(*)::int as keys from idempotency_keys')).toEqual({ keys });
  });

  test('no output is there twice, and each has its bytes', async () => {
    const files = await db.rows<{ id: string; place: string; bytes: number; sha256: string }>(
      `select id, request_id || '/' || round || '/' || ordinal as place, bytes, sha256
         from files where kind = 'output' and request_id is not null`,
    );
    expect(files.length).toBeGreaterThan((SUBMITS * PICTURES) / 2);
    expect(new Set(files.map(({ place }) => place)).size).toBe(files.length);
    const stored = await filesIn(join(victim.dataDir, 'files', 'objects'));
    for (const { id, bytes, sha256 } of files) {
      const content = await readFile(stored.get(id)!);
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    // Nothing is on the disk that no row knows; what was written for nothing has a time to expire.
    const known = new Set((await db.rows('select id from files')).map(({ id }) => id));
    expect([...stored.keys()].filter((id) => !known.has(id))).toEqual([]);
    expect(await db.rows('select id from files where request_id is null and expires_at is null')).toEqual([]);
  });

  test('all rounds are done, each counted once', async () => {
    const rounds = await db.rows<{ state: string; n: number }>(
      `select o.state, count(*)::int as n
         from rounds o join requests r on r.id = o.request_id
        where coalesce(r.failure->>'code', '') <> 'worker_lost' and r.warnings is null
        group by o.state`,
    );
    expect(rounds.map(({ state }) => state).sort()).toEqual(['done', 'failed']);
    const wrong = await db.rows(
      `select r.id, r.state, r.rounds, r.done, made.done as really_done, made.outputs
         from requests r
        cross join lateral (
          select (select count(*) from rounds where request_id = r.id and state = 'done') as done,
                 (select count(*) from files where request_id = r.id and kind = 'output') as outputs
        ) made
        where r.done <> made.done or made.outputs <> made.done
           or (r.state = 'completed' and r.warnings is null and r.done <> r.rounds)
           or (r.state = 'completed') <> (r.done > 0)`,
    );
    expect(wrong).toEqual([]);
  });

  test('the lanes are empty and the money adds up', async () => {
    const lanes = await db.rows(
      `select l.account_id, l.queued, l.running, l.enqueued - l.departed as between,
              l.enqueued - (select count(*) from requests r where r.account_id = l.account_id) as uncounted
         from lanes l`,
    );
    expect(lanes).toHaveLength(ACCOUNTS);
    for (const lane of lanes) expect(lane).toMatchObject({ queued: 0, running: 0, between: 0, uncounted: 0 });

    const money = await db.rows(
      `select s.owner_id, sum(s.reserved)::bigint as reserved, sum(s.spent)::bigint as spent,
              (select sum(cost)::bigint from usage u where s.owner_id in (u.account_id, u.key_id)) as used,
              (select sum(cost)::bigint from requests r where s.owner_id in (r.account_id, r.key_id)) as cost
         from spending s group by s.owner_id`,
    );
    expect(money.map(({ owner_id }) => owner_id).sort()).toEqual(
      accounts.flatMap(({ accountId, keyId }) => [accountId, keyId]).sort(),
    );
    for (const { reserved, spent, used, cost } of money) {
      expect(reserved).toBe(0);
      expect(spent).toBeGreaterThan(0);
      expect({ used, cost }).toEqual({ used: spent, cost: spent });
    }
  });
});

/** All files below a folder, by their names. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => [entry.name, join(entry.parentPath, entry.name)]),
  );
}
