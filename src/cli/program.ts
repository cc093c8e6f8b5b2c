/** The command line as a whole: which command is called, and what its failure says. */
import { Command } from 'commander';
import { VERSION } from '../version.ts';
import { addCommands } from './commands.ts';
import { reportFailure } from './report-failure.ts';

/** @param words what stands after `darkroom` */
export async function runProgram(words: readonly string[]): Promise<void> {
  const program = new Command('darkroom')
    .description('A self-hosted Model API.')
    .version(VERSION)
    .showHelpAfterError('(darkroom --help shows what there is)')
    .enablePositionalOptions();
  try {
    await addCommands(program, words);
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    process.exitCode = reportFailure(error);
  }
}
