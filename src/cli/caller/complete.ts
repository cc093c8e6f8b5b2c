/** What may stand where the cursor is. */
import type { Command, Option } from 'commander';
import { oneLine } from '../printable.ts';
import { type Candidate, modelIds, requestIds, withModel } from './candidates.ts';
import { ParameterOption } from './model-flags.ts';

/** A line for each, `value<TAB>description`; or `:files`, `:folders` for what the shell completes better. */
type Answer = Candidate[] | ':files' | ':folders';

/** @param words all after `darkroom`, the last one as far as it is typed */
export async function complete(program: Command, words: readonly string[]): Promise<string> {
  const answer = await answerTo(program, words);
  if (typeof answer === 'string') return `${answer}\n`;
  return answer.map(({ value, description }) => `${oneLine(value)}\t${oneLine(description)}\n`).join('');
}

async function answerTo(program: Command, words: readonly string[]): Promise<Answer> {
  const last = words.at(-1) ?? '';
  const place = await findPlace(program, words.slice(0, -1));
  const [, flag, start] = /^(--[\w-]+)=(.*)$/s.exec(last) ?? [];
  const option = flag === undefined ? place.waiting : optionOf(place.command, flag);
  if (option && !(option.variadic && last.startsWith('-'))) return valuesOf(option, start ?? last);
  if (flag !== undefined) return [];
  if (last.startsWith('-')) return flagsOf(place.command).filter(({ value }) => value.startsWith(last));
  const answer = await argumentOf(place, words);
  return typeof answer === 'string' ? answer : answer.filter(({ value }) => value.startsWith(last));
}

interface Place {
  command: Command;
  /** From the program: `keys create` */
  path: string[];
  /** What stands after the command that is no option. */
  operands: string[];
  /** An option whose value comes next; of one that takes several, perhaps another. */
  waiting: Option | undefined;
  /** Whether `waiting` has a value already. */
  isServed: boolean;
}

/** Follows the words to where they lead. A model's own options are there once it is named. */
async function findPlace(program: Command, words: readonly string[]): Promise<Place> {
  const place: Place = { command: program, path: [], operands: [], waiting: undefined, isServed: false };
  for (const word of words) {
    if (isValue(place, word)) continue;
    if (!word.startsWith('-')) {
      await enter(place, word, words);
      continue;
    }
    const option = word.includes('=') ? undefined : optionOf(place.command, word);
    if (option?.required) [place.waiting, place.isServed] = [option, false];
  }
  return place;
}

/** Whether the word belongs to the option before it. */
function isValue(place: Place, word: string): boolean {
  if (!place.waiting) return false;
  const belongs = !place.isServed || !word.startsWith('-');
  place.isServed = true;
  if (!belongs || !place.waiting.variadic) place.waiting = undefined;
  return belongs;
}

async function enter(place: Place, word: string, words: readonly string[]): Promise<void> {
  const inner = place.command.commands.find((child) => child.name() === word);
  if (inner && place.operands.length === 0) {
    place.command = inner;
    place.path.push(word);
    return;
  }
  place.operands.push(word);
  if (place.operands.length === 1 && TAKE_MODELS.includes(place.path.join(' ')))
    place.command = await withModel(place.command, word, words);
}

const TAKE_MODELS = ['run', 'submit'];

const optionOf = (command: Command, flag: string): Option | undefined =>
  command.options.find(({ long, short }) => long === flag || short === flag);

function valuesOf(option: Option, start: string): Answer {
  const values = option.argChoices ?? (option instanceof ParameterOption ? option.values : undefined);
  if (values)
    return values.filter((value) => value.startsWith(start)).map((value) => ({ value, description: '' }));
  if (/file/.test(option.flags)) return ':files';
  return /folder/.test(option.flags) ? ':folders' : [];
}

const flagsOf = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short, description }) =>
      [short?.startsWith('--') ? short : undefined, long]
        .filter((value) => value !== undefined && value !== null)
        .map((value) => ({ value, description })),
    );

/** Commands that take the id of a request. */
const OF_REQUESTS = ['status', 'result', 'cancel', 'requests delete'];

async function argumentOf({ command, path, operands }: Place, words: readonly string[]): Promise<Answer> {
  const named = path.join(' ');
  if (operands.length === 0 && [...TAKE_MODELS, 'models get'].includes(named)) return modelIds(words);
  if (OF_REQUESTS.includes(named)) return requestIds(words);
  if (named === 'files upload') return ':files';
  if (named === 'models check') return ':folders';
  if (operands.length > 0) return [];
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ value: child.name(), description: child.description() }));
}
