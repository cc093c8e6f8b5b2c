/** The calls that both services are measured by. */
import { load } from '../processes.ts';
import { BENCH_MODEL, type Service } from './service.ts';

/** Submits share a transaction, or a sync of the log, with those of the same moment: what that gives shows with many clients. */
const SUBMIT_CONNECTIONS = 256;
const STATUS_CONNECTIONS = 128;

const body = (images: number): string =>
  JSON.stringify({
    prompt: `A cinematic close-up portrait under neon lights in rainy Tokyo, shallow depth of field, picture ########`,
    num_images: images,
    resolution: '1K',
  });

export const submits = (seconds: number, images = 1) => ({
  method: 'POST' as const,
  paths: [`/v1/models/${BENCH_MODEL}`],
  body: body(images),
  seconds,
  connections: SUBMIT_CONNECTIONS,
});

export const statusReads = (ids: string[], seconds: number) => ({
  method: 'GET' as const,
  paths: ids.map((id) => `/v1/requests/${id}/status`),
  seconds,
  connections: STATUS_CONNECTIONS,
});

/** Exactly so many. @returns their ids. */
export async function submitMany(service: Service, count: number): Promise<string[]> {
  const burst = submits(0);
  const paths = Array.from({ length: count }, () => burst.paths[0]!);
  const { requestIds } = await load({ urls: service.addresses, ...burst, paths, once: true });
  return requestIds;
}
