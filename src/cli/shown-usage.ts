import type { Usage, UsageCounts } from '../client/index.ts';
import { table } from './table.ts';

/** Usage as a table, with its total where there is more than one row. */
export function showUsage({ group_by, usage, total }: Pick<Usage, 'group_by' | 'usage' | 'total'>): void {
  const rows = usage.map((row) => [
    row.day ?? row.model_id ?? row.key_name ?? row.key_id ?? '',
    ...cells(row),
  ]);
  if (rows.length !== 1) rows.push(['total', ...cells(total)]);
  const header = [
    group_by.toUpperCase(),
    'REQUESTS',
    'COMPLETED',
    'FAILED',
    'CANCELLED',
    'OUTPUTS',
    'COST USD',
  ];
  process.stdout.write(table(header, rows));
}

const cells = (counts: UsageCounts): string[] =>
  [counts.requests, counts.completed, counts.failed, counts.cancelled, counts.outputs, counts.cost_usd].map(
    String,
  );
