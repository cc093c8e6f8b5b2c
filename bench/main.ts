/**
 * `npm run bench`: Darkroom side by side with its yardsticks in one run, repeated in turns, medians.
 * Numbers of one machine at one moment: only the ratios mean something elsewhere.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startImageServer } from './image-server.ts';
import { measureLatency } from './latency.ts';
import { load, startTarget, type Target } from './processes.ts';
import { measureRounds } from './rounds.ts';
import { fillWithRequests } from './rows.ts';
import { median } from './statistics.ts';
import { measureStreams } from './streams.ts';

const REPEATS = Number(process.env.BENCH_REPEATS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const REQUESTS = 100_000;
const CONNECTIONS = 128;
/** Submits share a transaction with those of the same moment: what that gives shows with many clients. */
const SUBMIT_CONNECTIONS = 256;
const BACKEND_MS = 50;
const BENCH_MODEL = 'openai/gpt-image-2/text-to-image';
const MODEL_PATH = '/v1/models/google/nano-banana-2/text-to-image';
const BODY = JSON.stringify({
  prompt: 'A cinematic close-up portrait under neon lights in rainy Tokyo, shallow depth of field',
  num_images: 1,
  resolution: '1K',
});

interface Line {
  what: string;
  value: string;
  yardstick: string;
  ratio: string;
  wanted: string;
}
const lines: Line[] = [];

const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
await chmod(folder, 0o755);
try {
  await throughput();
  await latency();
  await backends();
  await streams();
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.table(lines);
console.log(
  `${REPEATS} repeats of ${SECONDS} s in turns, ${CONNECTIONS} connections, medians; the load, PostgreSQL and the server share this machine's cores.`,
);

async function throughput(): Promise<void> {
  const bare = await startTarget('bare', folder);
  const darkroom = await startTarget('darkroom', join(folder, 'data'));
  try {
    const atRestMb = await darkroom.residentMegabytes();
    const ended = await fillWithRequests(join(folder, 'data'), REQUESTS, 'completed');
    bare.know(ended);
    const firstReads = await load({ urls: [darkroom.address], ...statusOf(ended), once: true });
    const emptyQueue = await sideBySide('status reads', bare, darkroom, statusOf(ended));
    row(
      'status reads/s, random of 100,000 that are polled',
      emptyQueue.darkroom,
      emptyQueue.bare,
      'Fastify, from memory',
      0.9,
    );
    row(
      'status reads/s, each request for the first time',
      firstReads.perSecond,
      emptyQueue.bare,
      'Fastify, from memory',
    );

    const queued = await fillWithRequests(join(folder, 'data'), REQUESTS, 'queued');
    await load({ urls: [darkroom.address], ...statusOf(queued), once: true });
    const behind = await inTurns('status reads behind a queue', [
      () => load({ urls: [darkroom.address], ...statusOf(ended) }),
      () => load({ urls: [darkroom.address], ...statusOf(queued) }),
    ]);
    row(
      'status reads/s with 100,000 queued ahead, position included',
      behind[1]!,
      behind[0]!,
      'the same, of ended requests',
      0.9,
    );
    const tail = await inTurns('status reads at the end of the queue', [
      () => load({ urls: [darkroom.address], ...statusOf(ended) }),
      () => load({ urls: [darkroom.address], ...statusOf(queued.slice(-1000)) }),
    ]);
    row(
      'status reads/s of the last 1,000 in the queue',
      tail[1]!,
      tail[0]!,
      'the same, of ended requests',
      0.9,
    );

    const submits = await sideBySide('submits', bare, darkroom, {
      method: 'POST',
      paths: [MODEL_PATH],
      body: BODY,
      seconds: SECONDS,
      connections: SUBMIT_CONNECTIONS,
    });
    row(
      `durable submits/s, ${SUBMIT_CONNECTIONS} connections`,
      submits.darkroom,
      submits.bare,
      'Fastify, from memory',
      0.5,
    );
    const underLoadMb = await darkroom.residentMegabytes();
    lines.push({
      what: 'memory of the API process at rest, MB',
      value: atRestMb.toFixed(0),
      yardstick: '',
      ratio: '',
      wanted: '',
    });
    lines.push({
      what: 'memory of the API process after that load, MB',
      value: underLoadMb.toFixed(0),
      yardstick: '',
      ratio: '',
      wanted: '',
    });
  } finally {
    await Promise.all([bare.stop(), darkroom.stop()]);
  }
}

function statusOf(ids: string[]) {
  return {
    method: 'GET' as const,
    paths: ids.map((id) => `/v1/requests/${id}/status`),
    seconds: SECONDS,
    connections: CONNECTIONS,
  };
}

async function sideBySide(
  what: string,
  bare: Target,
  darkroom: Target,
  options: Omit<Parameters<typeof load>[0], 'urls'>,
): Promise<{ bare: number; darkroom: number }> {
  const [first, second] = await inTurns(what, [
    () => load({ urls: [bare.address], ...options }),
    () => load({ urls: [darkroom.address], ...options }),
  ]);
  return { bare: first!, darkroom: second! };
}

/** Calls a second of each, the median over turns, after one to warm up. */
async function inTurns(
  what: string,
  candidates: (() => Promise<{ perSecond: number }>)[],
): Promise<number[]> {
  const measured: number[][] = candidates.map(() => []);
  for (let turn = 0; turn <= REPEATS; turn++) {
    for (const [index, measure] of candidates.entries()) {
      const { perSecond } = await measure();
      if (turn > 0) measured[index]!.push(perSecond);
    }
    process.stderr.write(`\r${what}: ${turn} of ${REPEATS}   `);
  }
  process.stderr.write('\n');
  return measured.map(median);
}

function row(what: string, value: number, yardstick: number, yardstickName: string, wanted?: number): void {
  lines.push({
    what,
    value: value.toFixed(0),
    yardstick: `${yardstick.toFixed(0)} (${yardstickName})`,
    ratio: (value / yardstick).toFixed(2),
    wanted: wanted === undefined ? '' : `≥ ${wanted}`,
  });
}

async function latency(): Promise<void> {
  const slow = await startTarget('whole', join(folder, 'slow'), { DARKROOM_SANDBOX_DELAY_MS: '60' });
  try {
    const { p50Ms, p99Ms } = await measureLatency(slow.address, 'in_progress', 300);
    lines.push({
      what: 'submit to start of work when idle, ms',
      value: `p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}`,
      yardstick: '',
      ratio: '',
      wanted: 'p50 < 15, p99 < 60',
    });
  } finally {
    await slow.stop();
  }
  const quick = await startTarget('whole', join(folder, 'quick'));
  try {
    const { p50Ms, p99Ms } = await measureLatency(quick.address, 'completed', 100);
    lines.push({
      what: 'submit to completed, sandbox without delay at 1K, ms',
      value: `p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)}`,
      yardstick: '',
      ratio: '',
      wanted: '',
    });
    lines.push({
      what: 'memory of the whole process at rest after that, MB',
      value: (await quick.residentMegabytes()).toFixed(0),
      yardstick: '',
      ratio: '',
      wanted: '',
    });
  } finally {
    await quick.stop();
  }
}

async function backends(): Promise<void> {
  await using images = await startImageServer();
  const target = await startTarget('whole', join(folder, 'backends'), {
    OPENAI_BASE_URL: images.baseUrl,
    DARKROOM_CONCURRENCY: '64',
    DARKROOM_MAX_RUNNING: '64',
  });
  try {
    images.latencyMs = BACKEND_MS;
    const { p50Ms, p99Ms } = await measureLatency(target.address, 'completed', 200, BENCH_MODEL);
    lines.push({
      what: 'added to a backend call of 50 ms, submit to completed, ms',
      value: `p50 ${(p50Ms - BACKEND_MS).toFixed(1)}, p99 ${(p99Ms - BACKEND_MS).toFixed(1)}`,
      yardstick: '',
      ratio: '',
      wanted: '',
    });
    images.latencyMs = 0;
    const measured: number[] = [];
    for (let turn = 0; turn <= REPEATS; turn++) {
      const perSecond = await measureRounds(target.address, BENCH_MODEL, 100);
      if (turn > 0) measured.push(perSecond);
    }
    lines.push({
      what: 'rounds/s through one worker, backend without latency',
      value: median(measured).toFixed(0),
      yardstick: '',
      ratio: '',
      wanted: '',
    });
  } finally {
    await target.stop();
  }
}

async function streams(): Promise<void> {
  const { darkroom, bare } = await measureStreams(folder);
  const line = (what: string, read: (of: typeof bare) => number, wanted = ''): void => {
    lines.push({
      what,
      value: read(darkroom).toFixed(1),
      yardstick: `${read(bare).toFixed(1)} (Fastify, from memory)`,
      ratio: (read(darkroom) / read(bare)).toFixed(2),
      wanted,
    });
  };
  line('memory for each of 5,000 event streams, KB', ({ kilobytesEach }) => kilobytesEach);
  line('CPU for 5,000 idle event streams, % of a core', ({ idlePercent }) => idlePercent);
  line('a change until its listener of 5,000 has it, p50 ms', ({ changeMs }) => changeMs.p50);
  line('the same, p99 ms', ({ changeMs }) => changeMs.p99);
  line('a change of all 5,000 until the last has it, ms', ({ burstMs }) => burstMs);
  lines.push({
    what: 'new positions for all 5,000 who wait, first to last, ms',
    value: darkroom.positionsMs!.toFixed(1),
    yardstick: '',
    ratio: '',
    wanted: '',
  });
}
