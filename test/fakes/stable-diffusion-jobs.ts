/** The jobs of stable-diffusion.cpp's server, which live in its memory: one at a time, in their order. */
import type { FakeCall } from './openai.ts';

interface Job {
  id: string;
  status: 'queued' | 'generating' | 'completed' | 'failed' | 'cancelled';
  body: Record<string, unknown>;
  image?: string;
  error?: { code: string; message: string };
}

export type Draw = (width: number, height: number, format: string) => Promise<Buffer>;

const MAX_PENDING = 4;

export function createFakeJobs(draw: Draw) {
  const jobs = new Map<string, Job>();
  const gone = new Set<string>();
  let held = false;
  let begun = 0;

  /** The first that waits, to its end; one at a time, whoever looks meanwhile. */
  async function work(): Promise<void> {
    const job = [...jobs.values()].find(({ status }) => status === 'queued' || status === 'generating');
    if (!job || job.status === 'generating' || held) return;
    job.status = 'generating';
    if (/impossible/.test(String(job.body.prompt))) {
      job.status = 'failed';
      job.error = { code: 'generation_failed', message: 'generate_image returned no results' };
      return;
    }
    const { width, height, output_format: format } = job.body;
    const bytes = await draw(Number(width), Number(height), String(format));
    job.image = bytes.toString('base64');
    job.status = 'completed';
  }

  async function answer({ method, path, fields }: FakeCall): Promise<{ status: number; body: unknown }> {
    if (path === '/sdcpp/v1/capabilities') return { status: 200, body: CAPABILITIES };
    if (path === '/sdcpp/v1/img_gen' && method === 'POST') return begin(fields);
    const [, id = '', action] = /^\/sdcpp\/v1\/jobs\/([\w-]+)(\/cancel)?$/.exec(path) ?? [];
    if (gone.has(id)) return { status: 410, body: { error: 'job expired' } };
    const job = jobs.get(id);
    if (!job) return { status: 404, body: { error: 'job not found' } };
    if (action) return cancel(job);
    // Each look moves the queue on: a client that does not look again learns nothing.
    const state = shown(job);
    await work();
    return { status: 200, body: state };
  }

  function begin(body: Record<string, unknown>): { status: number; body: unknown } {
    if (typeof body.prompt !== 'string')
      return { status: 400, body: { error: 'invalid generation parameters' } };
    const pending = [...jobs.values()].filter(({ status }) => status === 'queued' || status === 'generating');
    if (pending.length >= MAX_PENDING) return { status: 429, body: { error: 'job queue is full' } };
    const id = `job_691f8a00_${String(begun++).padStart(8, '0')}`;
    jobs.set(id, { id, status: 'queued', body });
    const poll = `/sdcpp/v1/jobs/${id}`;
    return {
      status: 202,
      body: { id, kind: 'img_gen', status: 'queued', created: 1_763_640_000, poll_url: poll },
    };
  }

  function cancel(job: Job): { status: number; body: unknown } {
    if (job.status === 'generating')
      return { status: 409, body: { error: 'job is currently generating and cannot be interrupted yet' } };
    if (job.status === 'queued') {
      job.status = 'cancelled';
      job.error = { code: 'cancelled', message: 'job cancelled by client' };
    }
    return { status: 200, body: shown(job) };
  }

  return {
    answer,
    all: () => [...jobs.values()],
    /** Nothing is worked on until `release`. */
    hold: () => {
      held = true;
    },
    release: () => {
      held = false;
    },
    /** As after a restart, or when it was kept for long enough. */
    forget: (how: 'unknown' | 'expired') => {
      for (const id of jobs.keys()) if (how === 'expired') gone.add(id);
      jobs.clear();
    },
    cancelAll: () => {
      for (const job of jobs.values()) cancel(job);
    },
  };
}

function shown({ id, status, image, error, body }: Job): unknown {
  return {
    id,
    kind: 'img_gen',
    status,
    created: 1_763_640_000,
    started: status === 'queued' ? null : 1_763_640_001,
    completed: status === 'completed' || status === 'failed' ? 1_763_640_009 : null,
    queue_position: status === 'queued' ? 1 : 0,
    result: image ? { output_format: body.output_format, images: [{ index: 0, b64_json: image }] } : null,
    error: error ?? null,
  };
}

const CAPABILITIES = {
  model: {
    name: 'flux1-schnell-q4_0.gguf',
    stem: 'flux1-schnell-q4_0',
    path: '/models/flux1-schnell-q4_0.gguf',
  },
  current_mode: 'img_gen',
  supported_modes: ['img_gen'],
  output_formats: ['png', 'jpeg', 'webp'],
  output_formats_by_mode: { img_gen: ['png', 'jpeg', 'webp'] },
  features_by_mode: { img_gen: { cancel_queued: true, cancel_generating: false } },
  limits: {
    min_width: 64,
    max_width: 4096,
    min_height: 64,
    max_height: 4096,
    max_batch_count: 8,
    max_queue_size: 64,
  },
};
