/** What PostgreSQL did for each statement, from its log (auto_explain). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peek } from './database.ts';

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: PlanNode[];
}

export interface Plan {
  /** The statement's name in the source; its text where it has none. */
  statement: string;
  /** The most rows that one step looked at, in all its loops. */
  rows: number;
  /** Tables read from end to end. */
  scanned: string[];
}

/** From now on every statement of new connections is explained in the server's log. */
export async function explainAll(peek: Peek): Promise<void> {
  for (const setting of [
    `session_preload_libraries = 'auto_explain'`,
    'auto_explain.log_min_duration = 0',
    'auto_explain.log_analyze = on',
    'auto_explain.log_timing = off',
    // Those of functions too.
    'auto_explain.log_nested_statements = on',
    `auto_explain.log_level = 'warning'`,
    `auto_explain.log_format = 'json'`,
  ])
    await peek.script(`alter system set ${setting}`);
  await peek.script('select pg_reload_conf()');
}

/**
 * All plans in the log of the PostgreSQL of `dataDir`.
 * @param statements those of the source, which give the plans their names
 */
export function readPlans(dataDir: string, statements: { name: string; text: string }[]): Plan[] {
  const names = new Map(statements.map(({ name, text }) => [normal(text), name]));
  const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
  return [...log.matchAll(/ plan:\n((?:\t.*\n)+)/g)].map(([, text]) => {
    const { 'Query Text': query, Plan: root } = JSON.parse(text!.replaceAll(/^\t/gm, ''));
    const nodes = allNodes(root);
    return {
      statement: names.get(normal(query)) ?? normal(query),
      rows: Math.max(...nodes.map(rowsOf)),
      scanned: nodes
        .filter((node) => node['Node Type'] === 'Seq Scan')
        .flatMap((node) => node['Relation Name'] ?? []),
    };
  });
}

const allNodes = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(allNodes)];

const rowsOf = (node: PlanNode): number =>
  (node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0) +
    (node['Rows Removed by Join Filter'] ?? 0)) *
  node['Actual Loops'];

const normal = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
