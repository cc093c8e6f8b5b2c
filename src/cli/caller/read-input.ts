/** A model's input from everywhere: a JSON file, stdin, flags. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CommandError } from '../command-error.ts';
import { mention } from './say.ts';

const STDIN = '-';

/** The fields of the file, and over them what the flags say. `-` is stdin, for the file or for the prompt. */
export async function readInput(
  flags: Record<string, unknown>,
  file: string | undefined,
): Promise<Record<string, unknown>> {
  if (file === STDIN && flags.prompt === STDIN)
    throw new CommandError('Only one of --input and --prompt can be read from stdin.');
  const fields = file === undefined ? {} : await readFields(file);
  const prompt = flags.prompt === STDIN ? { prompt: await readPrompt() } : {};
  return { ...fields, ...flags, ...prompt };
}

async function readFields(file: string): Promise<Record<string, unknown>> {
  const where = file === STDIN ? 'stdin' : file;
  const content = file === STDIN ? await readStdin('The input, as JSON') : await readNamed(file);
  let value: unknown;
  try {
    value = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new CommandError(`--input: ${where} is no valid JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CommandError(`--input: ${where} must have a JSON object, such as {"prompt": "…"}.`);
  return value as Record<string, unknown>;
}

function readNamed(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new CommandError(`--input: ${error.message}`);
  });
}

/** What is piped ends with a line break that nobody meant. */
async function readPrompt(): Promise<string> {
  return (await readStdin('The prompt')).replace(/\r?\n$/, '');
}

function readStdin(what: string): Promise<string> {
  if (process.stdin.isTTY) mention(`${what}; Ctrl-D ends it:`);
  return text(process.stdin);
}
