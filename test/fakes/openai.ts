/**
 * OpenAI's image API on loopback, as strict as the real one, or stable-diffusion.cpp's server with its own jobs.
 * Counts every picture that the real service would charge for, and fails on demand.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { checkFields, INVALID_KEY, MODELS, NO_SUCH_PATH, tokensOf } from './openai-rules.ts';
import { createFakeJobs } from './stable-diffusion-jobs.ts';

interface FakeFile {
  field: string;
  name: string;
  contentType: string;
  bytes: Buffer;
}

export interface FakeCall {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  /** JSON as sent, or the fields of a form as texts. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what was sent.
  fields: any;
  files: FakeFile[];
}

/** What goes wrong with one call. A picture is made, and charged for, in those that say so. */
export type Fault =
  /** Answers so instead of making a picture. */
  | { answer: { status: number; body?: unknown; headers?: Record<string, string> } }
  /** Takes so long, and then all is well. */
  | { latencyMs: number }
  /** Ends the connection before any answer. */
  | 'reset'
  /** Makes the picture, and ends the connection in the middle of it. */
  | 'reset-mid-body'
  /** Accepts the call and never answers. */
  | 'silence'
  /** Makes the picture, and sends 200 MB. */
  | 'huge'
  /** 200 with no picture in it. */
  | 'empty'
  /** Makes the picture, and sends what is no JSON. */
  | 'not-json'
  /** Makes the picture, and sends bytes that are none. */
  | 'not-an-image'
  /** Makes the picture, and sends its address; fetching it fails so often. */
  | { byUrl: { failures: number } | { address: string } };

export interface FakeOpenAi extends AsyncDisposable {
  /** With `/v1`, as clients take it. */
  url: string;
  /** Every call in its order. */
  calls: FakeCall[];
  /** Calls that make or begin a picture, charged for or not. */
  attempts(): FakeCall[];
  /** Pictures the real service would charge for. */
  readonly paid: number;
  /** The next such calls fail so, one fault each. */
  failNext(...faults: Fault[]): void;
  /** Lets jobs wait until `release`; only where the server has jobs. */
  jobs: ReturnType<typeof createFakeJobs>;
  /** So many of the next looks at jobs end without an answer. */
  losePolls(count: number): void;
}

export interface FakeOptions {
  mode?: 'openai' | 'stable-diffusion.cpp';
  /** The only key it takes; without one, it asks for none. */
  key?: string;
  /** Writes its answers to this size whatever was asked. */
  alwaysSize?: { width: number; height: number };
}

const HUGE_BYTES = 200_000_000;

export async function startFakeOpenAi(options: FakeOptions = {}): Promise<FakeOpenAi> {
  const { mode = 'openai', key } = options;
  const calls: FakeCall[] = [];
  const faults: Fault[] = [];
  const pictures = new Map<string, { bytes: Buffer; failures: number }>();
  let paid = 0;
  let lostPolls = 0;
  const draw = async (width: number, height: number, format: string): Promise<Buffer> => {
    paid++;
    return await drawPicture(options.alwaysSize ?? { width, height }, format);
  };
  const jobs = createFakeJobs(draw);

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) json(response, 500, { error: { message: String(error) } });
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    calls.push(call);
    const picture = pictures.get(call.path);
    if (picture) return sendPicture(picture, response);
    if (key !== undefined && call.headers.authorization !== `Bearer ${key}`)
      return json(response, 401, INVALID_KEY);
    if (call.path === '/v1/models') return json(response, 200, { object: 'list', data: models(mode) });
    if (makesPicture(call)) {
      const fault = faults.shift();
      if (fault && (await failed(fault, call, response))) return;
    }
    if (call.path.startsWith('/sdcpp/v1/jobs/') && lostPolls-- > 0)
      return void response.socket!.resetAndDestroy();
    if (mode === 'stable-diffusion.cpp' && call.path.startsWith('/sdcpp/v1/')) {
      const { status, body } = await jobs.answer(call);
      return json(response, status, body);
    }
    if (!makesPicture(call) || call.path.startsWith('/sdcpp/')) return json(response, 404, NO_SUCH_PATH);
    const problem = mode === 'openai' ? checkFields(call) : undefined;
    if (problem) return json(response, problem.status, problem.body);
    json(response, 200, await imagesAnswer(call));
  }

  /** Whether there is nothing left to answer. */
  async function failed(fault: Fault, call: FakeCall, response: ServerResponse): Promise<boolean> {
    if (fault === 'reset') {
      response.socket!.resetAndDestroy();
    } else if (fault === 'silence') {
      // Nothing, ever.
    } else if (fault === 'empty') {
      json(response, 200, { created: 1, data: [] });
    } else if (fault === 'not-json') {
      await imagesAnswer(call);
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>busy</html>');
    } else if (fault === 'not-an-image') {
      await imagesAnswer(call);
      json(response, 200, { data: [{ b64_json: Buffer.from('not an image').toString('base64') }] });
    } else if (fault === 'reset-mid-body') {
      const body = JSON.stringify(await imagesAnswer(call));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => response.socket!.resetAndDestroy());
    } else if (fault === 'huge') {
      await imagesAnswer(call);
      await sendHuge(response);
    } else if ('answer' in fault) {
      const { status, body = {}, headers = {} } = fault.answer;
      json(response, status, body, headers);
    } else if ('byUrl' in fault) {
      json(response, 200, await answerByUrl(fault.byUrl, call));
    } else {
      await sleep(fault.latencyMs);
      return false;
    }
    return true;
  }

  async function imagesAnswer({ path, fields, files }: FakeCall): Promise<Record<string, unknown>> {
    const isEdit = path.endsWith('/edits');
    const [width = 1024, height = 1024] =
      fields.size === 'auto' ? [] : String(fields.size).split('x').map(Number);
    const format = fields.output_format ?? 'png';
    const bytes = await draw(width, height, format);
    const imageTokens = isEdit ? files.length * 300 : 0;
    const textTokens = Math.ceil(String(fields.prompt).length / 4);
    const outputTokens = tokensOf(width, height, fields.quality);
    return {
      created: 1_763_640_000,
      background: 'opaque',
      data: [{ b64_json: bytes.toString('base64') }],
      output_format: format,
      quality: fields.quality === 'auto' ? 'medium' : (fields.quality ?? 'medium'),
      size: `${width}x${height}`,
      ...(mode === 'openai' && {
        usage: {
          input_tokens: textTokens + imageTokens,
          input_tokens_details: { image_tokens: imageTokens, text_tokens: textTokens },
          output_tokens: outputTokens,
          output_tokens_details: { image_tokens: outputTokens, text_tokens: 0 },
          total_tokens: textTokens + imageTokens + outputTokens,
        },
      }),
    };
  }

  async function answerByUrl(
    where: { failures: number } | { address: string },
    call: FakeCall,
  ): Promise<Record<string, unknown>> {
    const made = await imagesAnswer(call);
    if ('address' in where) return { ...made, data: [{ url: where.address }] };
    const path = `/pictures/${pictures.size}.png`;
    const base64 = (made.data as { b64_json: string }[])[0]!.b64_json;
    pictures.set(path, { bytes: Buffer.from(base64, 'base64'), failures: where.failures });
    return { ...made, data: [{ url: new URL(path, url).href, revised_prompt: 'as it was understood' }] };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    calls,
    attempts: () => calls.filter(makesPicture),
    get paid() {
      return paid;
    },
    failNext: (...next) => void faults.push(...next),
    jobs,
    losePolls: (count) => {
      lostPolls = count;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const makesPicture = ({ method, path }: FakeCall): boolean =>
  method === 'POST' && /^\/v1\/images\/(generations|edits)$|^\/sdcpp\/v1\/img_gen$/.test(path);

function models(mode: FakeOptions['mode']): unknown[] {
  if (mode === 'stable-diffusion.cpp') return [{ id: 'sd-cpp-local', object: 'model', owned_by: 'local' }];
  return MODELS.map((id) => ({ id, object: 'model', created: 1_745_517_030, owned_by: 'system' }));
}

async function readCall(request: IncomingMessage): Promise<FakeCall> {
  const body = Buffer.concat(await request.toArray());
  const contentType = request.headers['content-type'] ?? '';
  const call: FakeCall = {
    method: request.method!,
    path: request.url!,
    headers: request.headers,
    fields: {},
    files: [],
  };
  if (contentType.startsWith('application/json')) call.fields = JSON.parse(body.toString());
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
    for (const [field, value] of form) {
      if (typeof value === 'string') call.fields[field] = value;
      else
        call.files.push({
          field,
          name: value.name,
          contentType: value.type,
          bytes: Buffer.from(await value.arrayBuffer()),
        });
    }
  }
  return call;
}

async function drawPicture(
  { width, height }: { width: number; height: number },
  format: string,
): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: 'teal' } });
  if (format === 'jpeg') return await image.jpeg().toBuffer();
  if (format === 'webp') return await image.webp({ effort: 0 }).toBuffer();
  return await image.png({ compressionLevel: 1 }).toBuffer();
}

function sendPicture(picture: { bytes: Buffer; failures: number }, response: ServerResponse): void {
  if (picture.failures-- > 0) json(response, 503, {});
  else response.writeHead(200, { 'content-type': 'image/png' }).end(picture.bytes);
}

/** At the pace of who reads it, until it is enough. */
async function sendHuge(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(1_000_000, 'A');
  response.writeHead(200, { 'content-type': 'application/json' });
  const body = Readable.from(Array.from({ length: HUGE_BYTES / chunk.length }, () => chunk));
  // Who reads no further ends it early.
  await pipeline(body, response).catch(() => {});
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
