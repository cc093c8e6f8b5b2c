/** `darkroom run`: submits, follows, saves. */
import type { Command } from 'commander';
import { ConnectionError, type Estimate, type Submitted } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { parsePositive } from '../parse-option.ts';
import { printJson } from './call.ts';
import { clientOf, PATIENT } from './connection.ts';
import { costInWords, estimateCost } from './estimate-cost.ts';
import { finish } from './finish.ts';
import { follow } from './follow.ts';
import { hintAt } from './hint.ts';
import { type Interruption, onInterrupt } from './interrupt.ts';
import { type InputOptions, type ModelCall, modelCommand } from './model-command.ts';
import { type OutputOptions, outputOptions, parseDuration, prepareOutput } from './output-options.ts';
import { mention, say, warn } from './say.ts';
import { openStatusLine, type StatusLine } from './status-line.ts';
import { type SubmitOptions, submitOptions } from './submit-options.ts';
import { uploadInputs } from './upload-inputs.ts';
import { usd } from './usd.ts';
import { withdraw } from './withdraw.ts';

interface RunOptions extends InputOptions, Omit<OutputOptions, 'json'>, SubmitOptions {
  dryRun?: boolean;
  maxCost?: number;
  timeout?: number;
}

export function runCommand(command: Command): void {
  outputOptions(command)
    .option('--dry-run', 'check the input and say what it would cost, without running it')
    .option('--max-cost <usd>', 'do not run it if it may cost more', parsePositive)
    .option('--timeout <time>', 'how long to wait, such as 90s or 5m', parseDuration);
  modelCommand<RunOptions>(submitOptions(command), run);
}

async function run(call: ModelCall<RunOptions>): Promise<void> {
  const { options } = call;
  await prepareOutput(options);
  using line = openStatusLine(options.quiet === true || options.json === true);
  let submitted: Submitted | undefined;
  using interruption = onInterrupt(() => {
    line.clear();
    say(
      submitted
        ? `It may go on: ${hintAt(call.connection, `result ${submitted.request_id}`)}`
        : `It may have been submitted: ${hintAt(call.connection, 'requests')} shows.`,
    );
  });
  try {
    if (!(await checkCost(call, line))) return;
    submitted = await submit(call, line, interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) throw interruption.ended();
    throw error;
  }
  await waitFor(call, submitted.request_id, line, interruption);
}

/** @returns whether it is to be run. @throws when it may cost too much. */
async function checkCost(call: ModelCall<RunOptions>, line: StatusLine): Promise<boolean> {
  const { options, modelId } = call;
  const estimate = await estimateCost(call);
  line.clear();
  if (options.dryRun) {
    tryOut(modelId, estimate, options.json);
    return false;
  }
  if (options.maxCost !== undefined && !estimate) throw new CommandError(`--max-cost: ${NO_PRICES}`);
  if (estimate && estimate.max_cost > (options.maxCost ?? Number.POSITIVE_INFINITY))
    throw new CommandError(
      `It may cost ${usd(estimate.max_cost)}, more than --max-cost allows; it was not submitted.`,
      EXIT.budget,
    );
  if (estimate && !options.quiet && !options.json) mention(`It costs ${costInWords(estimate)}.`);
  return true;
}

const NO_PRICES = 'This server does not say what a request costs.';

function tryOut(modelId: string, estimate: Estimate | undefined, isJson = false): void {
  if (isJson) printJson(estimate ?? { model_id: modelId });
  else if (estimate) process.stdout.write(`${costInWords(estimate)}\n`);
  else mention(NO_PRICES);
  if (isJson || !estimate) return;
  if (!estimate.within_budget) warn('That is more than the budget has left: `darkroom usage`.');
  if (!estimate.available) warn('No backend of this server can run it now.');
  for (const { message } of estimate.warnings ?? []) warn(message);
}

/** What is submitted has to be known, so its answer is waited for even when somebody wants to stop. */
async function submit(
  { darkroom, connection, modelId, input, options }: ModelCall<RunOptions>,
  line: StatusLine,
  signal: AbortSignal,
): Promise<Submitted> {
  const uploaded = await uploadInputs(darkroom, input, line, signal);
  const client = uploaded ? darkroom : clientOf(connection, { ...PATIENT, host: 'runcomfy' });
  signal.throwIfAborted();
  line.flash('submitting');
  const submitted = await client.submit(modelId, uploaded ?? input, options);
  line.clear();
  if (!options.quiet && !options.json) mention(`Request ${submitted.request_id}`);
  return submitted;
}

/** Follows it to its end. Who stops, or has waited long enough, takes it out of the queue if it is still there. */
async function waitFor(
  { darkroom, connection, modelId, options }: ModelCall<RunOptions>,
  requestId: string,
  line: StatusLine,
  interruption: Interruption,
): Promise<void> {
  const timeout = new AbortController();
  const timer = options.timeout && setTimeout(() => timeout.abort(), options.timeout);
  const signal = AbortSignal.any([interruption.signal, timeout.signal]);
  const again = hintAt(connection, `result ${requestId}`);
  try {
    const result = await follow(darkroom, requestId, line, signal);
    clearTimeout(timer);
    await finish(result, { modelId, again, options, line, signal: interruption.signal });
  } catch (error) {
    line.clear();
    if (error instanceof ConnectionError) say(`The request goes on: ${again} fetches what comes of it.`);
    if (!signal.aborted) throw error;
    const text = await withdraw(darkroom, connection, requestId);
    if (interruption.signal.aborted) throw interruption.ended(text);
    throw new CommandError(`It was not finished in time. ${text}`, EXIT.timeout);
  } finally {
    clearTimeout(timer);
  }
}
