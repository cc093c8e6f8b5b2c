/** Alert rules and the dashboard, by Prometheus itself: they are right, fire when they should, and ask for metrics that there are. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { call, resultOf, submit } from './support/api.ts';
import { ROOT, run } from './support/command.ts';
import { eventually } from './support/database.ts';
import { missingProgram } from './support/debian-package.ts';
import { freePort } from './support/free-port.ts';
import { dataFolder, startProgram } from './support/program.ts';
import { startTestServer } from './support/server.ts';

const PROMETHEUS = join(ROOT, 'deploy/prometheus');

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}
const readYaml = async (path: string) => parse(await readFile(join(ROOT, path), 'utf8'));
const rules: Rule[] = (await readYaml('deploy/prometheus/alerts.yaml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);

/** As Prometheus tells of it. */
interface Group {
  rules: { name: string; health: string }[];
}

interface Panel {
  title: string;
  description?: string;
  targets?: { expr: string }[];
}
const dashboard = JSON.parse(await readFile(join(ROOT, 'deploy/grafana/dashboards/darkroom.json'), 'utf8'));
const panels: Panel[] = dashboard.panels.filter(({ type }: { type: string }) => type !== 'row');
const expressions = [...panels.flatMap(({ targets }) => targets!), ...dashboard.annotations.list].map(
  ({ expr }: { expr: string }) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.+'),
);

test('every alert says what is wrong, has a page of what to do, and a case that it fires in', async () => {
  const headings = (await readFile(join(ROOT, 'docs/alerts.md'), 'utf8')).matchAll(/^## (Darkroom\w+)$/gm);
  const names = rules.map(({ alert }) => alert);
  expect([...headings].map(([, name]) => name)).toEqual(names);
  const cases: { name: string }[] = (await readYaml('deploy/prometheus/alerts.test.yaml')).tests;
  expect(cases.map(({ name }) => name)).toEqual(names);
  for (const { alert, labels, annotations } of rules) {
    expect(['page', 'ticket', 'info']).toContain(labels.severity);
    expect(annotations).toEqual({
      summary: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\.$/),
      runbook: `docs/alerts.md#${alert.toLowerCase()}`,
    });
  }
});

test('every panel says what it shows', () => {
  expect(panels.length).toBeGreaterThan(20);
  for (const panel of panels) expect(panel.description, panel.title).toMatch(/\.$/);
});

const missing = await missingProgram('promtool', 'prometheus');
if (missing) console.warn(`SKIPPED: what Prometheus says: ${missing}`);

test.skipIf(missing)(
  'Prometheus takes rules and configuration, and each alert fires when it should and not before',
  async () => {
    for (const what of [
      ['check', 'rules', 'alerts.yaml'],
      ['check', 'config', 'prometheus.yml'],
      ['test', 'rules', 'alerts.test.yaml'],
    ]) {
      const ended = await run('promtool', what, { cwd: PROMETHEUS });
      expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 });
    }
  },
);

test.skipIf(missing)(
  'asked of a real Prometheus, every expression is answered, and nothing is wrong with a server that is well',
  async () => {
    await using server = await startTestServer();
    await resultOf(server, await submit(server, { prompt: 'x [[sandbox:blocked]]' }));
    const { body: metrics } = await call(server, '/metrics', { key: null });
    const checked = await run('promtool', ['check', 'metrics'], { input: metrics });
    // Names of Node's own, which are none of ours to choose.
    expect(checked.stderr.replaceAll(/^nodejs_active_\w+_total non-counter .*\n/gm, '')).toBe('');

    const names = new Set([...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name));
    const asked = [...expressions, ...rules.map(({ expr }) => expr)].join(' ');
    for (const [, name] of asked.matchAll(
      /\b((?:darkroom|process|nodejs)_\w+?)(?:_bucket|_sum|_count)?\b(?=[{[\s)]|$)/g,
    ))
      expect(names).toContain(name);

    const prometheus = await startPrometheus(server.url);
    const query = async (expr: string) => {
      const answer = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(expr)}`);
      return (await answer.json()) as { status: string; error?: string; data: { result: unknown[] } };
    };
    await eventually(async () => (await query('darkroom_info')).data?.result.length === 1);
    for (const expr of expressions) expect(await query(expr), expr).toMatchObject({ status: 'success' });
    // Panels that show one number have it.
    expect((await query(panels[0]!.targets![0]!.expr.replace('$job', '.+'))).data.result).toHaveLength(1);

    const evaluated = await eventually(async () => {
      const answer = await fetch(`${prometheus}/api/v1/rules`);
      const { data } = (await answer.json()) as { data: { groups: Group[] } };
      const all = data.groups.flatMap((group) => group.rules);
      return all.length > 0 && all.every(({ health }) => health !== 'unknown') && all;
    });
    expect(evaluated.map(({ name, health }) => [name, health]).toSorted()).toEqual(
      rules.map(({ alert }) => [alert, 'ok']).toSorted(),
    );
    expect((await query('ALERTS{alertstate="firing"}')).data.result).toEqual([]);
  },
);

/** One that looks at the server every second, with our rules. @returns where it answers. */
async function startPrometheus(target: string): Promise<string> {
  const folder = await dataFolder();
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [join(PROMETHEUS, 'alerts.yaml')],
      scrape_configs: [
        {
          job_name: 'darkroom-api',
          static_configs: [{ targets: [new URL(target).host] }],
        },
      ],
    }),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const prometheus = startProgram('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ]);
  await prometheus.says(/Server is ready to receive web requests/);
  return `http://${address}`;
}
