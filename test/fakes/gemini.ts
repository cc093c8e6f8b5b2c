/**
 * Google's Gemini on loopback, by real HTTP: `generateContent` and the list of models, of the Developer API and of
 * Vertex AI. It refuses what the real one refuses, answers as the real one was recorded to or as scripted, and
 * counts what would be paid for.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, badKey, images, noModel, type Reply } from './gemini-answers.ts';
import { ruleBroken } from './gemini-rules.ts';

export * from './gemini-answers.ts';

interface GeminiBody {
  contents?: {
    role?: string;
    parts?: { text?: string; inlineData?: { mimeType: string; data: string } }[];
  }[];
  safetySettings?: { category: string; threshold: string }[];
  tools?: Record<string, unknown>[];
  generationConfig?: {
    responseModalities?: string[];
    candidateCount?: number;
    seed?: number;
    imageConfig?: { aspectRatio?: string; imageSize?: string };
  };
}

export interface GeminiCall {
  model: string;
  path: string;
  /** An API key, or a token of Google Cloud's. */
  credential: string;
  body: GeminiBody;
  /** Of the body as it came. */
  bytes: number;
  /** Resolves when the answer or the connection has ended: whether the whole answer was handed over. */
  closed?: Promise<boolean>;
}

export interface GeminiFake extends AsyncDisposable {
  url: string;
  /** Calls of `generateContent`, refused ones too, oldest first. */
  calls: GeminiCall[];
  /** How many made a picture. */
  paidCalls: number;
  /** How many looked at the list of models. */
  looks: number;
  /** Bytes of endless answers that were taken from it. */
  bytesTaken: number;
  /** The next calls are answered so, each answer once; after them, with pictures. */
  script(...answers: Answer[]): void;
  /** Each further call is answered so. */
  always(answer: Answer): void;
  /** How this credential is answered, whatever else is scripted. */
  credential(credential: string, answer: Answer): void;
  close(): Promise<void>;
}

const MODELS = [
  'gemini-2.5-flash-image',
  'gemini-3-pro-image',
  'gemini-3.1-flash-image',
  'gemini-3.1-flash-lite-image',
  'gemini-nano-banana-2.1',
];

const GENERATE =
  /^\/v1(?:beta1?)?\/(?:projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/)?models\/([^/:]+):generateContent$/;
const LIST = /^\/(v1(beta)?\/models|v1beta1\/publishers\/google\/models)$/;

/** @param script the first answers, in order */
export async function startGeminiFake(script: Answer[] = []): Promise<GeminiFake> {
  const queue = [...script];
  const byCredential = new Map<string, Answer>();
  let standing = images();

  const server = createServer((request, response) => {
    void serve(request, response).catch((error) => response.destroy(error));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const bytes = await bodyOf(request);
    if (request.method === 'GET' && LIST.test(url.pathname)) {
      fake.looks++;
      const own = byCredential.get(credentialOf(request));
      const reply = own && (await own({ ...listCall(request), path: url.pathname }));
      return await send(response, reply && reply.status !== 200 ? reply : list(url), fake);
    }
    const model = decodeURIComponent(GENERATE.exec(url.pathname)?.[1] ?? '');
    if (request.method !== 'POST' || !model) return await send(response, notFound, fake);
    const call = {
      model,
      path: url.pathname,
      credential: credentialOf(request),
      body: JSON.parse(bytes.toString()) as GeminiBody,
      bytes: bytes.length,
      closed: once(response, 'close').then(
        () => response.writableFinished,
        () => false,
      ),
    };
    fake.calls.push(call);
    const answer = answerTo(call);
    await send(response, await answer(call), fake);
  }

  function answerTo(call: GeminiCall): Answer {
    if (!call.credential) return badKey();
    const own = byCredential.get(call.credential);
    if (own) return own;
    if (!MODELS.includes(call.model)) return noModel(call.model);
    return ruleBroken(call) ?? queue.shift() ?? standing;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const fake: GeminiFake = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    paidCalls: 0,
    looks: 0,
    bytesTaken: 0,
    script: (...answers) => void queue.push(...answers),
    always: (answer) => {
      standing = answer;
    },
    credential: (credential, answer) => void byCredential.set(credential, answer),
    close,
    [Symbol.asyncDispose]: close,
  };
  return fake;
}

function credentialOf({ headers, url }: IncomingMessage): string {
  const key = headers['x-goog-api-key'] ?? new URL(url ?? '/', 'http://fake').searchParams.get('key');
  return String(key ?? headers.authorization?.replace(/^Bearer /, '') ?? '');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

const listCall = (request: IncomingMessage): GeminiCall => ({
  model: '',
  path: '',
  credential: credentialOf(request),
  body: {},
  bytes: 0,
});

const notFound: Reply = {
  status: 404,
  body: { error: { code: 404, message: 'Not Found', status: 'NOT_FOUND' } },
};

/** In pages of two, as no client may rely on more. */
function list(url: URL): Reply {
  if (url.pathname.includes('publishers')) {
    return {
      status: 200,
      body: { publisherModels: MODELS.map((name) => ({ name: `publishers/google/models/${name}` })) },
    };
  }
  const from = Number(url.searchParams.get('pageToken') ?? 0);
  const models = MODELS.slice(from, from + 2).map((name) => ({
    name: `models/${name}`,
    version: '3.0',
    displayName: name,
    inputTokenLimit: 65536,
    outputTokenLimit: 32768,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
  }));
  const embedding = { name: 'models/gemini-embedding-2', supportedGenerationMethods: ['embedContent'] };
  const more = from + 2 < MODELS.length;
  return {
    status: 200,
    body: more ? { models, nextPageToken: String(from + 2) } : { models: [...models, embedding] },
  };
}

async function send(response: ServerResponse, reply: Reply, fake: GeminiFake): Promise<void> {
  const { status, body, headers, fault, paid, delayMs } = reply;
  if (paid) fake.paidCalls++;
  if (delayMs) await sleep(delayMs);
  if (fault === 'never') return;
  if (fault === 'reset-before') return void response.socket?.resetAndDestroy();
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
  if (typeof fault === 'object') return await sendEndless(response, fault.endlessBytes, fake);
  if (fault === undefined) return void response.end(text);
  const half = text.slice(0, text.length / 2);
  if (fault === 'cut-body') return void response.end(half);
  response.write(half, () => response.socket?.resetAndDestroy());
}

const PIECE = Buffer.alloc(2 ** 20, 'A');

async function sendEndless(response: ServerResponse, bytes: number, fake: GeminiFake): Promise<void> {
  const closed = once(response, 'close');
  response.write('{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/jpeg","data":"');
  for (let sent = 0; sent < bytes && !response.destroyed; sent += PIECE.length) {
    fake.bytesTaken += PIECE.length;
    if (!response.write(PIECE)) await Promise.race([once(response, 'drain'), closed]);
  }
  response.end('"}}]}}]}');
}
