/** A backend that costs nothing but its latency: an OpenAI-compatible server that answers every call with one picture. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

export interface ImageServer extends AsyncDisposable {
  /** With its version, as `OPENAI_BASE_URL` takes it. */
  baseUrl: string;
  latencyMs: number;
  /** Up to so much more, at random. */
  jitterMs: number;
  /** Told of each call when it came, and when its answer was sent. */
  onCall?: ((prompt: string) => void) | undefined;
  onAnswer?: ((prompt: string) => void) | undefined;
}

export async function startImageServer(): Promise<ImageServer> {
  const picture = await sharp({ create: { width: 1024, height: 1024, channels: 3, background: 'teal' } })
    .png()
    .toBuffer();
  const answer = JSON.stringify({ created: 0, data: [{ b64_json: picture.toString('base64') }] });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      // Whoever only looks what there is sends nothing.
      const prompt =
        chunks.length > 0 ? String(JSON.parse(Buffer.concat(chunks).toString()).prompt) : undefined;
      if (prompt !== undefined) images.onCall?.(prompt);
      const reply = (): void => {
        response.setHeader('content-type', 'application/json').end(answer);
        if (prompt !== undefined) images.onAnswer?.(prompt);
      };
      const delayMs = images.latencyMs + Math.random() * images.jitterMs;
      if (delayMs > 0) setTimeout(reply, delayMs);
      else reply();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const images: ImageServer = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    latencyMs: 0,
    jitterMs: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
  return images;
}
