/** The web app as it is shipped. */
import { join } from 'node:path';
import { ROOT, run } from './command.ts';

/** Builds it where it is older than its sources, in a process of its own as `npm start` does. @returns what that said. */
export async function builtWeb(): Promise<string> {
  const { code, stdout, stderr } = await run(process.execPath, [
    join(ROOT, 'scripts/build-web.ts'),
    '--if-stale',
  ]);
  if (code !== 0) throw new Error(`The web app could not be built:\n${stderr}`);
  return stdout;
}
