/** Requests as the tools show them. */
import { outputUrls, type Result, type Status } from '../client/index.ts';
import type { ModelRequest } from './schemas.ts';

/** Of a result in any state. */
export function fromResult(result: Result): ModelRequest {
  const { error, warnings = [], adjustments = [] } = result;
  const hasEnded = ['completed', 'failed', 'cancelled'].includes(result.status);
  return {
    request_id: result.request_id,
    ...(result.model_id !== undefined && { model_id: result.model_id }),
    status: result.status,
    ...(result.progress && !hasEnded && { progress: result.progress }),
    outputs: outputsOf(result),
    ...(hasEnded && result.cost !== undefined && { cost_usd: result.cost }),
    ...(error && { error }),
    ...(warnings.length > 0 && {
      warnings: warnings.map(({ field, message }) => (field ? `${field}: ${message}` : message)),
    }),
    ...(adjustments.length > 0 && { adjustments }),
    created_at: result.created_at,
    ...nextStep(result.status, result.request_id),
  };
}

/** Of a status. A failed request is `completed` there, with an error. */
export function fromStatus(status: Status): ModelRequest {
  const state = status.status === 'completed' && status.error ? 'failed' : status.status;
  return {
    request_id: status.request_id,
    ...(status.model_id !== undefined && { model_id: status.model_id }),
    status: state,
    ...(status.queue_position !== undefined && { queue_position: status.queue_position }),
    ...(status.progress && { progress: status.progress }),
    outputs: [],
    ...(status.error && { error: status.error }),
    ...(status.created_at !== undefined && { created_at: status.created_at }),
    ...(state === 'completed'
      ? { next_step: 'Call get_model_request_result to see the outputs.' }
      : nextStep(state, status.request_id)),
  };
}

function outputsOf(result: Result): ModelRequest['outputs'] {
  if (result.status !== 'completed') return [];
  const videos = [result.output?.video, ...(result.output?.videos ?? [])];
  return outputUrls(result).map((url, index) => {
    const { width, height, content_type, bytes, seed } = result.files?.[index] ?? {};
    return {
      type: videos.includes(url) ? 'video' : 'image',
      // The bytes themselves are shown, or too many to be told.
      ...(!url.startsWith('data:') && { url }),
      ...(width !== undefined && { width }),
      ...(height !== undefined && { height }),
      ...(content_type !== undefined && { content_type }),
      ...(bytes !== undefined && { bytes }),
      ...(seed !== undefined && { seed }),
    };
  });
}

function nextStep(status: ModelRequest['status'], requestId: string): { next_step?: string } {
  if (status !== 'in_queue' && status !== 'in_progress') return {};
  return {
    next_step: `It goes on by itself: do not run the model again. Call get_model_request_result with request_id ${requestId} to wait for it.`,
  };
}

/** In words, with everything that a reader of text alone needs. */
export function describeRequest(request: ModelRequest): string {
  const { outputs, error, cost_usd, estimated_cost_usd, warnings = [], adjustments = [] } = request;
  const lines = [headline(request)];
  for (const [index, { url, width, height, content_type, seed }] of outputs.entries()) {
    const size = width && height ? `${width}×${height}` : undefined;
    const facts = [size, content_type, seed == null ? undefined : `seed ${seed}`].filter(Boolean);
    lines.push(`${index + 1}. ${url ?? 'kept nowhere'}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`);
  }
  if (error) lines.push(`${error.code}: ${error.message}`);
  if (cost_usd !== undefined) lines.push(`Cost: ${cost_usd} USD`);
  if (estimated_cost_usd !== undefined) lines.push(`Cost: at most ${estimated_cost_usd} USD`);
  for (const text of warnings) lines.push(`Warning: ${text}`);
  for (const text of adjustments) lines.push(`Done otherwise than asked: ${text}`);
  if (request.next_step) lines.push(request.next_step);
  return lines.join('\n');
}

function headline({ request_id, model_id, status, queue_position, progress, outputs }: ModelRequest): string {
  const what = `Request ${request_id}${model_id ? ` (${model_id})` : ''}`;
  if (status === 'in_queue')
    return `${what} waits in the queue${queue_position === undefined ? '' : `, ${queue_position} ahead of it`}.`;
  if (status === 'in_progress')
    return `${what} is being worked on${progress ? `: ${progress.done} of ${progress.total} done` : ''}.`;
  if (status === 'completed') return `${what} is completed${outputs.length > 0 ? ':' : '.'}`;
  return `${what} ${status === 'failed' ? 'has failed' : 'was cancelled'}.`;
}
