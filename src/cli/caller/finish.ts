/** The end of a request: what is printed, saved and shown of its result. */
import { outputUrls, RequestCancelledError, RequestFailedError, type Result } from '../../client/index.ts';
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { printable } from '../printable.ts';
import { printJson } from './call.ts';
import type { OutputOptions } from './output-options.ts';
import { saveOutputs } from './save-outputs.ts';
import { mention, say, warn } from './say.ts';
import { type StatusLine, seconds } from './status-line.ts';
import { usd } from './usd.ts';

export interface FinishContext {
  /** Where the result does not name it. */
  modelId?: string;
  /** The command that fetches it again. */
  again: string;
  options: OutputOptions;
  line: StatusLine;
  signal: AbortSignal;
}

/** @throws when the request did not end well, or its outputs cannot be saved. */
export async function finish(
  result: Result,
  { modelId, again, options, line, signal }: FinishContext,
): Promise<void> {
  if (result.status === 'failed') throw new RequestFailedError(result);
  if (result.status === 'cancelled') throw new RequestCancelledError(result);
  if (result.status !== 'completed')
    throw new CommandError(`The server says that the request is ${result.status}.`, EXIT.server);
  const urls = outputUrls(result as Parameters<typeof outputUrls>[0]);
  let saved: string[] | undefined;
  if (options.save) {
    line.flash(urls.length === 1 ? 'saving the output' : `saving ${urls.length} outputs`);
    saved = await saveOutputs(result, modelId, { ...options, again, signal });
  }
  line.clear();
  if (!options.quiet && !options.json) summarize(result);
  if (options.json) return printJson({ ...result, ...(saved && { saved }) });
  for (const [index, place] of (saved ?? urls).entries()) {
    process.stdout.write(`${printable(place)}\n`);
    if (saved) await showPicture(place, result.files?.[index]?.content_type, options);
  }
}

function summarize({ timings, cost, warnings = [], adjustments = [], files = [] }: Result): void {
  const seeds = files.map(({ seed }) => seed).filter((seed) => seed !== null && seed !== undefined);
  const facts = [
    timings?.total_seconds ? `Done in ${seconds(Math.max(1, timings.total_seconds))}` : 'Done',
    cost === undefined ? undefined : usd(cost),
    seeds.length > 0 ? `seed ${seeds.join(', ')}` : undefined,
  ];
  say(facts.filter((fact) => fact !== undefined).join(', '), 'green');
  for (const text of adjustments) mention(text);
  for (const { field, message } of warnings) warn(field ? `${field}: ${message}` : message);
}

const MOST = { columns: 60, rows: 20 };

/** A picture that cannot be shown is no failure: it is saved. */
async function showPicture(
  file: string,
  contentType: string | undefined,
  { show }: OutputOptions,
): Promise<void> {
  if (show === 'never' || contentType?.startsWith('video/') || /\.(mp4|webm|mov|bin)$/.test(file)) return;
  if (show === 'auto' && !process.stdout.isTTY) return;
  const { drawPicture, PROTOCOLS, protocolOf } = await import('./terminal-picture.ts');
  const protocol = show === 'auto' ? protocolOf() : PROTOCOLS.find((name) => name === show);
  if (!protocol) return;
  const { columns = 80, rows = 24 } = process.stdout;
  const most = { columns: Math.min(MOST.columns, columns - 1), rows: Math.min(MOST.rows, rows - 4) };
  try {
    process.stdout.write(await drawPicture(file, protocol, most));
  } catch (error) {
    mention(`It cannot be shown here: ${(error as Error).message}`);
  }
}
