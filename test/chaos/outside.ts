/** What is outside of Darkroom beside the upstream: a receiver of webhooks, and a server with pictures to fetch. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import type { WebhookMessage } from './ledger.ts';

export interface Receiver extends Disposable {
  port: number;
  messages: WebhookMessage[];
  /** What messages of this path are verified with. */
  expect(path: string, secret: string): void;
}

/** Takes everything, and refuses what is not signed or not of now, as receivers do. */
export async function startReceiver(): Promise<Receiver> {
  const messages: WebhookMessage[] = [];
  const secrets = new Map<string, Webhook>();
  const { port, close } = await listen(async (request, response) => {
    let body = '';
    for await (const text of request.setEncoding('utf8')) body += text;
    const { type, data } = JSON.parse(body) as { type: string; data: { request_id: string; status: string } };
    let verified = true;
    try {
      secrets.get(request.url!)!.verify(body, request.headers as Record<string, string>);
    } catch {
      verified = false;
    }
    const { request_id: requestId, status } = data;
    messages.push({ id: String(request.headers['webhook-id']), requestId, type, status, verified });
    response.writeHead(verified ? 204 : 400).end();
  });
  return {
    port,
    messages,
    expect: (path, secret) => void secrets.set(path, new Webhook(secret)),
    [Symbol.dispose]: close,
  };
}

/** A small picture, as an uploaded file, a data URI or an address would have it. */
export const inputPicture = (): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#806040' } })
    .png()
    .toBuffer();

/** Answers every call with that picture. */
export async function startPictures(picture: Buffer): Promise<{ port: number } & Disposable> {
  const { port, close } = await listen((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
  });
  return { port, [Symbol.dispose]: close };
}

async function listen(handle: RequestListener): Promise<{ port: number; close(): void }> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close };
}
