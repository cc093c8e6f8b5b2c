/** What the file `postmaster.pid` and the operating system say about a cluster's server. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './embedded-error.ts';

export interface PostmasterFile {
  pid: number;
  socketFolder: string;
  /** `starting`, `ready`, `stopping`; empty while the file is being written. */
  status: string;
}

/** The cluster's `postmaster.pid`, undefined if there is none or it is not yet whole. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  let text: string;
  try {
    text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  // One value a line: pid, data folder, start time, port, socket folder, listen address, shared memory, status.
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isSafeInteger(pid) || pid === 0) return undefined;
  return { pid, socketFolder: lines[4] ?? '', status: lines[7] ?? '' };
}

/** Whether a process of this id runs; one that only waits to be reaped does not. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  // Nobody may reap an orphan in a container without an init.
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^[ZX]/.test(status.slice(status.lastIndexOf(')') + 2));
}

/**
 * Whether the process runs PostgreSQL on this cluster. Ids are given out again, in a restarted container almost surely,
 * so being alive says little. The command line is readable across users, unlike the working folder.
 */
export async function isServerOf(clusterDir: string, pid: number): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  if (process.platform === 'linux') {
    let commandLine: string;
    try {
      commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    } catch (error) {
      // Not readable for another reason than its end: then its own word, the file, stands.
      return codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ESRCH';
    }
    const args = commandLine.split('\0');
    return basename(args[0] ?? '') === 'postgres' && args[args.indexOf('-D') + 1] === clusterDir;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.includes('postgres') && stdout.includes(`-D ${clusterDir} `);
}
