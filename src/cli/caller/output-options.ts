/** Options about what becomes of outputs, shared by the commands that fetch them. */
import { constants, existsSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandError } from '../command-error.ts';
import { readTarget } from './file-names.ts';

export interface OutputOptions {
  out: string;
  save: boolean;
  overwrite?: boolean;
  show: string;
  quiet?: boolean;
  json?: boolean;
}

export const outputOptions = (command: Command): Command =>
  command
    .option('--out <folder or file>', 'where outputs are saved', '.')
    .option('--no-save', 'print their addresses instead of saving them')
    .option('--overwrite', 'write over a file of the same name')
    .addOption(
      new Option('--show <how>', 'show pictures in the terminal; auto: in those that can')
        .choices(['auto', 'never', 'kitty', 'iterm2', 'sixel', 'blocks'])
        .default('auto'),
    )
    .option('--quiet', 'print no progress and no notes');

/** Makes the folder of `--out`. @throws when nothing can be written there, before anything is paid for. */
export async function prepareOutput({ out, save, overwrite }: OutputOptions): Promise<void> {
  if (!save) return;
  if (out === '-' || out === '') throw new CommandError('--out takes a folder or the name of a file.');
  const { folder, extension } = readTarget(out, '');
  if (extension !== undefined && !overwrite && existsSync(out))
    throw new CommandError(`--out: ${out} is there already. Name another file, or add --overwrite.`);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new CommandError(`--out: nothing can be written there: ${(error as Error).message}`);
  }
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90`, `90s`, `5m` → milliseconds. */
export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const ms = Math.round(Number(number) * UNITS[unit]!);
  if (!(ms > 0 && ms < 2 ** 31)) throw new InvalidArgumentError('It must be a time such as 90s or 5m.');
  return ms;
}
