/** `main.ts api|worker`: a process of the rival. Says where it listens, or that it works, on stdout. */
import { readFile } from 'node:fs/promises';
import { createRival } from './api.ts';
import { connectTo, RIVAL_ACCOUNT } from './queue.ts';
import { startRivalWorker } from './worker.ts';

interface InputSchema {
  required: string[];
  properties: Record<string, { default?: unknown }>;
}

const { RIVAL_REDIS, RIVAL_KEY, RIVAL_MODEL, RIVAL_BACKEND, RIVAL_FILES, RIVAL_CONCURRENCY } = process.env;
const redis = connectTo(RIVAL_REDIS!);
redis.on('error', () => {});

if (process.argv[2] === 'api') {
  const model = new URL(`../../models/${RIVAL_MODEL}/model.json`, import.meta.url);
  const { input_schema } = JSON.parse(await readFile(model, 'utf8')) as { input_schema: InputSchema };
  // The default of what is required is the example of the documentation.
  for (const name of input_schema.required) delete input_schema.properties[name]!.default;
  const server = createRival({
    redis,
    key: RIVAL_KEY!,
    accountId: RIVAL_ACCOUNT,
    models: new Map([[RIVAL_MODEL!, input_schema]]),
  });
  console.log(`ready at ${await server.listen({ port: 0, host: '127.0.0.1' })}`);
} else {
  const worker = startRivalWorker({
    redis,
    backendUrl: RIVAL_BACKEND!,
    filesDir: RIVAL_FILES!,
    concurrency: Number(RIVAL_CONCURRENCY),
  });
  await worker.waitUntilReady();
  console.log('ready');
}
