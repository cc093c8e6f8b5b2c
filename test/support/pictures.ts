/** Pictures to send, a host to send them from, and a look at those that come back. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

export interface Picture {
  width: number;
  height: number;
  format: string;
  /** Pixels as RGBA. */
  pixels: Buffer;
}

/** Decodes every pixel. @throws when it is no picture, or not a whole one. */
export async function lookAt(bytes: Buffer): Promise<Picture> {
  const { format } = await sharp(bytes).metadata();
  const { data, info } = await sharp(bytes, { failOn: 'warning' })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, format, pixels: data };
}

/** The picture at a URL. @throws when there is none. */
export async function pictureAt(url: string): Promise<Picture> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return lookAt(Buffer.from(await response.arrayBuffer()));
}

/** A picture of one colour, 640 × 480 unless told. */
export const drawPicture = (
  format: 'png' | 'jpeg' | 'webp' = 'png',
  { width = 640, height = 480, colour = '#b4552d' } = {},
): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer();

export interface PictureHost extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  url: string;
  /** `127.0.0.1:port` */
  host: string;
  /** Paths that were asked for, in order. */
  asked: string[];
}

/** Serves `picture` under every path, on loopback. */
export async function startPictureHost(picture: Buffer): Promise<PictureHost> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': picture.length }).end(picture);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
