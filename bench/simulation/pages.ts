/** The pages that show the simulation's tables, each between two marks. */
import type { Measured } from './measured.ts';
import {
  besideTable,
  costsTable,
  limitsTable,
  loadsTable,
  oneAccountTable,
  spaceTable,
  storedTable,
} from './tables.ts';

export const PAGES = ['scaling', 'sizing'].map((name) => new URL(`../../docs/${name}.md`, import.meta.url));

export const tablesOf = ({ costs, lines }: Measured): Record<string, string> => ({
  beside: besideTable(lines),
  costs: costsTable(costs),
  limits: limitsTable(costs),
  loads: loadsTable(costs),
  'one account': oneAccountTable(costs),
  space: spaceTable(costs),
  stored: storedTable(costs),
});

/** @throws when a page names a table that there is not. */
export function fillTables(page: string, measured: Measured): string {
  const tables = tablesOf(measured);
  return page.replace(/<!-- table: (.+?) -->\n[\s\S]*?<!-- end -->/g, (_, name: string) => {
    const text = tables[name];
    if (text === undefined) throw new Error(`there is no table ${name}`);
    return `<!-- table: ${name} -->\n\n${text}\n\n<!-- end -->`;
  });
}
