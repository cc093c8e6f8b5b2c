/** `darkroom completion`: scripts for shells, and the answers that these ask for. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { complete } from './complete.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const USE = `
For this shell only:      source <(darkroom completion bash)
                          source <(darkroom completion zsh)
                          darkroom completion fish | source
The scripts themselves say where to keep them. \`darkroom\` has to be on the PATH.`;

export function completionCommand(command: Command): void {
  command.addHelpText('after', USE);
  for (const shell of SHELLS)
    command
      .command(shell)
      .description(`the script for ${shell}`)
      .action(async () => {
        const file = new URL(`./completion/completion.${shell}`, import.meta.url);
        process.stdout.write(await readFile(file, 'utf8'));
      });
  command
    .command('answer', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      process.stdout.write(await complete(command.parent!, words));
    });
}
