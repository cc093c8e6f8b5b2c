/**
 * s3rver as a process that may be killed: as it comes it answers before an object's bytes have left its memory, and may leave half
 * of what describes one, which no service of this kind does. Arguments: folder, port.
 */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

interface StoredObject {
  bucket: string;
  key: string;
  content: Buffer | AsyncIterable<Buffer>;
  metadata: Record<string, unknown>;
}
interface Store {
  getResourcePath(bucket: string, key: string, resource: string): string;
  putObject(object: StoredObject): Promise<{ size: number; md5: string }>;
}

const require = createRequire(import.meta.url);
const S3rver = require('s3rver') as new (options: object) => { run(): Promise<unknown> };
const { prototype } = require('s3rver/lib/stores/filesystem') as { prototype: Store };

let written = 0;

/** Only what is whole gets its name. */
async function writeWhole(store: Store, { bucket, key }: StoredObject, resource: string, content: Buffer) {
  const unfinished = store.getResourcePath(bucket, key, `unfinished-${process.pid}-${++written}`);
  await writeFile(unfinished, content);
  await rename(unfinished, store.getResourcePath(bucket, key, resource));
}

prototype.putObject = async function putObject(this: Store, object) {
  const { bucket, key, content, metadata } = object;
  const pieces: Buffer[] = [];
  if (Buffer.isBuffer(content)) pieces.push(content);
  else for await (const piece of content) pieces.push(Buffer.from(piece));
  const bytes = Buffer.concat(pieces);
  const md5 = createHash('md5').update(bytes).digest('hex');
  await mkdir(dirname(this.getResourcePath(bucket, key, 'object')), { recursive: true });
  const kept = Object.entries(metadata).filter(([name]) => /^(content-|x-amz-meta-)/.test(name));
  await writeWhole(this, object, 'object.md5', Buffer.from(md5));
  await writeWhole(this, object, 'metadata.json', Buffer.from(JSON.stringify(Object.fromEntries(kept))));
  await writeWhole(this, object, 'object', bytes);
  return { size: bytes.length, md5 };
};

const [directory, port] = process.argv.slice(2);
await new S3rver({ directory, port: Number(port), address: '127.0.0.1', silent: true }).run();
