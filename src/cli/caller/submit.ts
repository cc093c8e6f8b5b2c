/** `darkroom submit`: submits, and leaves it at that. */
import type { Command } from 'commander';
import { printJson } from './call.ts';
import { clientOf, PATIENT } from './connection.ts';
import { hintAt } from './hint.ts';
import { type InputOptions, modelCommand } from './model-command.ts';
import { mention } from './say.ts';
import { openStatusLine } from './status-line.ts';
import { type SubmitOptions, submitOptions } from './submit-options.ts';
import { uploadInputs } from './upload-inputs.ts';

export function submitCommand(command: Command): void {
  modelCommand<InputOptions & SubmitOptions>(submitOptions(command), async (call) => {
    const { darkroom, connection, modelId, input, options } = call;
    using line = openStatusLine(options.json === true);
    const uploaded = await uploadInputs(darkroom, input, line, new AbortController().signal);
    const client = uploaded ? darkroom : clientOf(connection, { ...PATIENT, host: 'runcomfy' });
    const submitted = await client.submit(modelId, uploaded ?? input, options);
    line.clear();
    if (options.json) return printJson(submitted);
    process.stdout.write(`${submitted.request_id}\n`);
    mention(`${hintAt(connection, `result ${submitted.request_id}`)} waits for it and fetches its outputs.`);
  });
}
