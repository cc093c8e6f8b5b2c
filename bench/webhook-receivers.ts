/** A hundred receivers of webhooks in a process of their own; of each ten, one never answers. Tells its parent how late what came was. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const RECEIVERS = 100;

const hangs = (index: number): boolean => index % 10 === 0;
let latenciesMs: number[] = [];
let waiting: { count: number; resolve(): void } | undefined;

const urls: string[] = [];
for (let index = 0; index < RECEIVERS; index++) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const text of request.setEncoding('utf8')) body += text;
    if (hangs(index)) return;
    response.writeHead(204).end();
    latenciesMs.push(Date.now() - Date.parse(JSON.parse(body).timestamp));
    if (waiting && latenciesMs.length >= waiting.count) waiting.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

process.on('message', async ({ count }: { count: number }) => {
  await new Promise<void>((resolve) => {
    waiting = { count, resolve };
    if (latenciesMs.length >= count) resolve();
  });
  process.send!({ latenciesMs });
  latenciesMs = [];
  waiting = undefined;
});
process.once('SIGTERM', () => process.exit(0));
process.send!({ urls, hanging: urls.filter((_, index) => hangs(index)) });
