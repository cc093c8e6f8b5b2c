import clsx from 'clsx';
import type { Key, ReactNode } from 'react';
import { ScrollArea } from './scroll-area.tsx';

export interface Column<Row> {
  key: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  align?: 'end';
  /** Left out on a phone; what matters must be in another column. */
  wideOnly?: boolean;
  className?: string;
}

export interface TableProps<Row> {
  /** What the rows are; read out, not shown. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => Key;
}

/** Scrolls by itself if it must: the page never does sideways. */
export function Table<Row>({ caption, columns, rows, rowKey }: TableProps<Row>) {
  const cellClass = ({ align, wideOnly, className }: Column<Row>): string =>
    clsx('px-4 py-2.5', align === 'end' && 'text-right tabular-nums', wideOnly && 'max-md:hidden', className);
  return (
    <ScrollArea label={caption} className="relative rounded-lg border border-line bg-surface shadow-card">
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-line border-b text-ink-faint">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={clsx(cellClass(column), 'whitespace-nowrap font-medium text-xs')}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-line border-b last:border-0 hover:bg-hover/50">
              {columns.map((column) => (
                <td key={column.key} className={cellClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}
