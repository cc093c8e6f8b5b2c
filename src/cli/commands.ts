/** Every command, and the file that has it: read only when the command is called, so that each starts quickly. */
import type { Command } from 'commander';
import { callerCommands } from './caller/commands.ts';
import type { CommandEntry } from './command-entry.ts';

const OPERATORS = 'On the machine of the server:';

const groups: Record<string, CommandEntry[]> = {
  ...callerCommands,
  [OPERATORS]: [
    {
      name: 'serve',
      description: 'run everything in one process: API, worker, background jobs',
      load: async () => (await import('./serve.ts')).serveCommand,
    },
    {
      name: 'api',
      description: 'answer clients, and leave the work to worker processes',
      load: async () => (await import('./serve.ts')).apiCommand,
    },
    {
      name: 'worker',
      description: 'run requests, of all backends or of some',
      load: async () => (await import('./serve.ts')).workerCommand,
    },
    {
      name: 'migrate',
      description: "bring the database to this version's schema",
      load: async () => (await import('./migrate.ts')).migrateCommand,
    },
    {
      name: 'backup',
      description: 'copy the data folder while it is in use, embedded database and all',
      load: async () => (await import('./backup.ts')).backupCommand,
    },
    {
      name: 'accounts',
      description: 'accounts, their limits and budgets',
      load: async () => (await import('./accounts.ts')).accountsCommands,
    },
    {
      name: 'link',
      description: 'a link that signs a browser in to the web app, once',
      load: async () => (await import('./link.ts')).linkCommand,
    },
    {
      name: 'backends',
      description: 'what runs the models',
      load: async () => (await import('./backends.ts')).backendsCommands,
    },
    {
      name: 'config',
      description: 'every setting, its value and where it comes from; secrets are hidden',
      load: async () => (await import('./config.ts')).configCommand,
    },
    {
      name: 'doctor',
      description: 'look at everything a server needs',
      load: async () => (await import('./doctor.ts')).doctorCommand,
    },
  ],
};

/** Adds all commands to `program`: those that `words` name with all they have, of the others what `--help` shows. */
export async function addCommands(program: Command, words: readonly string[]): Promise<void> {
  // The command itself; that of `help <command>`; that of `completion answer -- <command>`.
  const [first, second, , fourth] = words;
  const named = [first, first === 'help' && second, first === 'completion' && fourth];
  for (const [heading, entries] of Object.entries(groups)) {
    for (const { name, description, load } of entries) {
      const command = program.command(name).description(description).helpGroup(heading);
      if (named.includes(name)) (await load())(command);
    }
  }
}
