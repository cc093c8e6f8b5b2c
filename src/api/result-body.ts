/** A request as result and history show it. */

import type { FileRow } from '../files/file-records.ts';
import { filePath } from '../files/file-urls.ts';
import { toUsd } from '../lib/money.ts';
import type { Outcome } from '../requests/read-result.ts';
import { resultStatus, type Warning } from '../requests/states.ts';
import { requestUrls } from './urls.ts';

/** `urls`: what to show of each output, a URL or a data URI, in the order of `row.outputs`. */
export function resultBody(
  row: Outcome,
  baseUrl: string,
  urls: string[],
  options: { includeCost: boolean },
): Record<string, unknown> {
  const body: Record<string, unknown> = {
    request_id: row.id,
    status: resultStatus(row),
    created_at: row.created_at,
  };
  if (row.state === 'completed') {
    body.output = outputOf(row.outputs, urls);
    body.files = filesOf(row, urls);
  } else {
    // Clients take `output` as the end.
    if (row.outputs.length > 0) body.files = filesOf(row, urls);
    body.progress = {
      done: row.done,
      total: row.rounds,
      ...(row.fraction !== null && { fraction: row.fraction }),
    };
  }
  body.completed_at = row.ended_at;
  body.finished_at = row.ended_at;
  body.model_id = row.model_id;
  body.started_at = row.started_at;
  if (row.failure) body.error = row.failure;
  const warnings = allWarnings(row);
  if (warnings.length > 0) body.warnings = warnings;
  if (row.adjustments) body.adjustments = row.adjustments;
  if (row.backend) body.backend = row.backend;
  if (options.includeCost) body.cost = toUsd(row.cost);
  body.timings = timings(row);
  const { status_url, result_url, cancel_url } = requestUrls(baseUrl, row.id);
  return { ...body, status_url, result_url, cancel_url };
}

export const outputUrls = (row: Outcome, baseUrl: string): string[] =>
  row.outputs.map((file) => baseUrl + filePath(file));

/** One is `image`, several are `images`; videos alike. */
function outputOf(files: FileRow[], urls: string[]): Record<string, unknown> {
  const output: Record<string, unknown> = {};
  const ofType = (type: string): string[] =>
    urls.filter((_, index) => files[index]!.content_type?.startsWith(`${type}/`));
  for (const type of ['image', 'video']) {
    const found = ofType(type);
    if (found.length === 1) output[type] = found[0];
    else if (found.length > 1) output[`${type}s`] = found;
  }
  return output;
}

const filesOf = (row: Outcome, urls: string[]): Record<string, unknown>[] =>
  row.outputs.map((file, index) => fileBody(file, urls[index]!));

/** One entry of `files`. */
export function fileBody(file: FileRow, url: string): Record<string, unknown> {
  const { width, height, content_type, bytes, seed, sha256 } = file;
  // A data URI is in `output`, once is enough.
  return { ...(file.kind === 'output' && { url }), width, height, content_type, bytes, seed, sha256 };
}

function allWarnings(row: Outcome): Warning[] {
  const warnings = [...(row.warnings ?? [])];
  if (row.state === 'completed' && row.outputs.length === 0) {
    warnings.push({
      message: row.sync_mode
        ? 'The output of a synchronous request is kept until it has been fetched, for an hour at most; it is gone.'
        : 'The outputs have expired.',
    });
  }
  return warnings;
}

const secondsBetween = (from: string | null, to: string | null): number | null =>
  from && to ? Math.round(Date.parse(to) - Date.parse(from)) / 1000 : null;

function timings(row: Outcome): Record<string, number | null> {
  return {
    queue_seconds: secondsBetween(row.created_at, row.started_at),
    run_seconds: secondsBetween(row.started_at, row.ended_at),
    total_seconds: secondsBetween(row.created_at, row.ended_at),
  };
}
