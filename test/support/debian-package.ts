/** Programs that only some tests need, from the distribution. */
import { hasProgram, run } from './command.ts';

const INSTALL_TIMEOUT_MS = 300_000;

/** Makes sure that `program` is there: root gets it from the distribution. @returns why there is none, or undefined. */
export async function missingProgram(program: string, name = program): Promise<string | undefined> {
  if (hasProgram(program)) return undefined;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get'))
    return `${program} is not installed (apt-get install ${name})`;
  console.warn(`installing ${name}, this once (apt-get install ${name})`);
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_TIMEOUT_MS };
  // Test files run side by side, and apt lets one at a time.
  const wait = ['-o', 'DPkg::Lock::Timeout=240'];
  const install = () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wait, name], options);
  // What may be installed is often known already, and finding it out takes longer than most packages.
  await install().catch(async () => {
    await run('apt-get', ['update', '-qq', ...wait], options);
    await install();
  });
  return hasProgram(program) ? undefined : `${name} could not be installed`;
}
