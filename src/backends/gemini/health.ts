/** Whether Gemini answers each way in, and which models it lists: asking costs nothing. */
import type { Health } from '../backend.ts';
import type { Access } from './access.ts';
import type { AccessPool } from './access-pool.ts';
import type { Fetch } from './call.ts';
import { listOf, objectOf, textOf } from './json.ts';
import { readBounded } from './read-bounded.ts';
import { safeText } from './safe-text.ts';

const TIMEOUT_MS = 10_000;
const MAX_PAGE_BYTES = 8_000_000;
const MAX_PAGES = 5;

interface Look {
  access: Access;
  /** What it said; undefined where nothing answered. */
  status?: number;
  upstreamModels: string[];
  /** What went wrong. */
  problem?: string;
}

/** @throws the signal's reason and nothing else */
export async function lookAtGemini(pool: AccessPool, fetch: Fetch, signal: AbortSignal): Promise<Health> {
  const looks = await Promise.all(pool.accesses.map((access) => look(access, fetch, signal)));
  signal.throwIfAborted();
  for (const { access, problem } of looks) if (problem === undefined) pool.wake(access);
  const well = looks.filter(({ problem }) => problem === undefined);
  return {
    reachable: well.length > 0,
    message: looks.map((one) => describe(one, pool)).join('; '),
    ...(well.length > 0 && {
      upstreamModels: [...new Set(well.flatMap(({ upstreamModels }) => upstreamModels))].sort(),
    }),
  };
}

async function look(access: Access, fetch: Fetch, signal: AbortSignal): Promise<Look> {
  const upstreamModels: string[] = [];
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const headers = await access.headers(bounded);
    let pageToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const response = await fetch(access.modelsUrl(pageToken), {
        headers,
        signal: bounded,
        redirect: 'error',
      });
      const body = objectOf(parsed(await readBounded(response, MAX_PAGE_BYTES)));
      if (!response.ok)
        return { access, status: response.status, upstreamModels, problem: saidBy(response, body) };
      upstreamModels.push(...modelsOf(body));
      pageToken = textOf(body.nextPageToken);
      if (!pageToken) break;
    }
    return { access, status: 200, upstreamModels };
  } catch (error) {
    return { access, upstreamModels, problem: reasonOf(error) };
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function saidBy(response: Response, body: Readonly<Record<string, unknown>>): string {
  const message = textOf(objectOf(body.error).message);
  return `HTTP ${response.status}${message ? `, ${safeText(message)}` : ''}`;
}

/** Models that take `generateContent`, where the list tells; Vertex AI's does not. */
function modelsOf(body: Readonly<Record<string, unknown>>): string[] {
  return [...listOf(body.models), ...listOf(body.publisherModels)]
    .filter(
      ({ supportedGenerationMethods: methods }) =>
        !Array.isArray(methods) || methods.includes('generateContent'),
    )
    .map(({ name }) => textOf(name)?.replace(/^.*\//, ''))
    .filter((name) => name !== undefined);
}

/** The innermost tells what happened: `fetch failed` alone does not. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message || innermost.name : String(innermost);
}

function describe({ access, status, upstreamModels, problem }: Look, pool: AccessPool): string {
  if (problem !== undefined) {
    const advice = status === undefined ? 'is the network or the address right?' : adviceFor(status);
    return `${access.label} does not work: ${problem}${advice ? `; ${advice}` : ''}`;
  }
  const resting = pool
    .restsOf(access)
    .map(
      ({ upstreamModel, rest }) =>
        `${upstreamModel ?? 'all models'} until ${new Date(rest.untilMs).toISOString()} (${rest.kind}: ${safeText(rest.reason)})`,
    );
  const rests = resting.length > 0 ? `, but rests for ${resting.join(', ')}` : '';
  return `${access.label} lists ${upstreamModels.length} models${rests}`;
}

function adviceFor(status: number): string | undefined {
  if (status === 400 || status === 401 || status === 403) return 'check the credentials and what they may do';
  if (status === 404) return 'check the address';
  return undefined;
}
