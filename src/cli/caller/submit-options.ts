import type { Command } from 'commander';

/** As the SDK names them. */
export interface SubmitOptions {
  strict?: boolean;
  idempotencyKey?: string;
  webhook?: string;
}

export const submitOptions = (command: Command): Command =>
  command
    .option('--strict', 'parameters that the model does not know are an error')
    .option('--idempotency-key <key>', 'the same key with the same input is the same request, for 24 hours')
    .option('--webhook <url>', 'tell this address when it has ended');
