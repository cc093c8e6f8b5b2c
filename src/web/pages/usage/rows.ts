/** Usage as the chart, the table and the file show it. */
import type { Usage, UsageCounts } from '../../../client/index.ts';

export interface UsageRow extends UsageCounts {
  /** A day, a model's id, a key's id. */
  id: string;
  name: string;
}

const NOTHING: UsageCounts = { requests: 0, completed: 0, failed: 0, cancelled: 0, outputs: 0, cost_usd: 0 };

/** By day: every day of the range, also those without a request. */
export function rowsOf({ usage, group_by }: Usage, days: readonly string[]): UsageRow[] {
  if (group_by === 'day') {
    const known = new Map(usage.map((row) => [row.day, row]));
    return days.map((day) => ({ ...NOTHING, ...known.get(day), id: day, name: day }));
  }
  return usage.map((row) => {
    const id = (group_by === 'model' ? row.model_id : row.key_id) ?? '';
    return { ...row, id, name: (group_by === 'key' && row.key_name) || id };
  });
}

/** As RFC 4180 has it, with the names of the API. */
export function toCsv(rows: readonly UsageRow[], grouping: Usage['group_by']): string {
  const columns = ['requests', 'completed', 'failed', 'cancelled', 'outputs', 'cost_usd'] as const;
  const head = grouping === 'key' ? ['key_id', 'key_name'] : [grouping === 'model' ? 'model_id' : 'day'];
  const lines = rows.map((row) => [
    ...(grouping === 'key' ? [row.id, row.name] : [row.id]),
    ...columns.map((column) => row[column]),
  ]);
  return [[...head, ...columns], ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  // A name that a spreadsheet would take for a formula is kept a name.
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
