/** Programs that only some tests need, from the distribution. */
import { hasProgram, run } from './command.ts';

const INSTALL_TIMEOUT_MS = 300_000;
/** Test files run side by side, and of its locks apt waits for one only. */
const LOCK = '/var/lock/darkroom-tests-apt';
/** What may be installed is often known already, and finding it out takes longer than most packages. */
const INSTALL =
  'install() { apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=240 "$0"; }; install || { apt-get update -qq && install; }';

/** Makes sure that `program` is there: root gets it from the distribution. @returns why there is none, or undefined. */
export const missingProgram = (program: string, name = program): Promise<string | undefined> =>
  missingPackage(name, () => hasProgram(program));

/** The same of something else that comes with the package `name`. */
export async function missingPackage(name: string, isThere: () => boolean): Promise<string | undefined> {
  if (isThere()) return undefined;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get'))
    return `${name} is not installed (apt-get install ${name})`;
  console.warn(`installing ${name}, this once (apt-get install ${name})`);
  const { stderr } = await run('flock', [LOCK, 'sh', '-c', INSTALL, name], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  return isThere() ? undefined : `${name} could not be installed: ${stderr}`;
}
