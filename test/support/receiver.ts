/** A receiver of webhooks: remembers what it is sent, and answers as a test wants. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { onTestFinished } from 'vitest';
import { makeAccount } from './accounts.ts';
import { call } from './api.ts';
import type { TestServer } from './server.ts';

export interface Message {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** `webhook-id` */
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what they test.
  data: any;
  atMs: number;
}

export interface Receiver {
  url: string;
  host: string;
  messages: Message[];
  /** What comes next is answered so: by a status, by hand, or not at all. */
  answer: number | 'hang' | ((response: ServerResponse, message: Message) => void);
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves with all messages once there are so many. */
  until(count: number): Promise<Message[]>;
  /** Resolves once `accept` does. */
  untilThat(accept: (messages: Message[]) => boolean): Promise<Message[]>;
  /** Ends all connections without an answer. */
  breakOff(): void;
  close(): Promise<void>;
}

/** Listens on a port of its own, or of one that was closed before, until the end of the test. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const receiver = await openReceiver(port);
  onTestFinished(receiver.close);
  return receiver;
}

/** The same until it is closed. */
export async function openReceiver(port = 0): Promise<Receiver> {
  const waiting = new Set<() => void>();
  const sockets = new Set<Socket>();
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const text of request.setEncoding('utf8')) body += text;
    const { type, data } = JSON.parse(body);
    const { headers, url: path = '' } = request;
    const message = { path, headers, body, id: String(headers['webhook-id']), type, data, atMs: Date.now() };
    receiver.messages.push(message);
    const { answer } = receiver;
    if (typeof answer === 'number') response.writeHead(answer).end();
    else if (answer !== 'hang') answer(response, message);
    for (const look of [...waiting]) look();
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const untilThat = (accept: (messages: Message[]) => boolean): Promise<Message[]> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!accept(receiver.messages)) return;
        waiting.delete(look);
        resolve([...receiver.messages]);
      };
      waiting.add(look);
      look();
    });
  const breakOff = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    breakOff();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const receiver: Receiver = {
    url: `http://${host}/hooks`,
    host,
    messages: [],
    answer: 204,
    get open() {
      return sockets.size;
    },
    until: (count) => untilThat((messages) => messages.length >= count),
    untilThat,
    breakOff,
    close,
  };
  return receiver;
}

/** @throws when the signature is not one of `secret`. */
export const verify = (secret: string, { body, headers }: Message): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

export const submitPath = (url: string, intermediate = false): string =>
  `?webhook=${encodeURIComponent(url)}${intermediate ? '&webhook_intermediate_status=true' : ''}`;

/** An account of its own with a webhook. */
export async function accountWithWebhook(
  server: Pick<TestServer, 'url' | 'dataDir'>,
  fields: { url: string; events?: string[] },
  limits: { maxRunning?: number } = {},
): Promise<Awaited<ReturnType<typeof makeAccount>> & { webhookId: string; secret: string }> {
  const account = await makeAccount(server, limits);
  const { status, body } = await call(account, '/v1/webhooks', { json: fields });
  if (status !== 201) throw new Error(`registering answered ${status}: ${JSON.stringify(body)}`);
  return { ...account, webhookId: body.id, secret: body.secret };
}
