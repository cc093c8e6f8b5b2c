/** The key that the first start of a database makes and prints. */
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { onTestFinished, test } from 'vitest';
import { call } from './support/api.ts';
import { darkroom } from './support/command.ts';
import { spawnServer, temporaryFolder } from './support/server.ts';

test('a first start that finds its port taken leaves the first key to the next one', async ({ expect }) => {
  const dataDir = await temporaryFolder();
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };

  const refused = await darkroom(['serve'], { env: { PORT: String(port), DARKROOM_DATA_DIR: dataDir } });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(`Port ${port} on 127.0.0.1 is taken by another program.`);

  await using server = await spawnServer(dataDir, { DARKROOM_API_KEY: '' });
  const key = /API key {2}(dk_[0-9a-z]{40}) /.exec(server.output())?.[1];
  expect((await call(server, '/v1/account', { key: key ?? 'none was printed' })).status).toBe(200);
});
