import type { Command } from 'commander';

/** A command as the list of commands has it. */
export interface CommandEntry {
  name: string;
  description: string;
  /** Gives the command its options, its subcommands and its action. */
  load(): Promise<(command: Command) => void>;
}
