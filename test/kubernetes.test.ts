/** The example for Kubernetes: each part is one that Kubernetes takes, and they fit together and to what Darkroom has. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../src/config/config.ts';
import { ROOT } from './support/command.ts';
import { type Described, problemsOf } from './support/kubernetes.ts';

const FOLDER = join(ROOT, 'deploy/kubernetes');
const KUSTOMIZATION = 'kustomization.yaml';

let all: Described[];
beforeAll(async () => {
  const files = (await readdir(FOLDER)).filter((name) => name !== KUSTOMIZATION);
  const texts = await Promise.all(files.map((name) => readFile(join(FOLDER, name), 'utf8')));
  all = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Described));
});

const find = (kind: string, name: string): Described =>
  all.find((one) => one.kind === kind && one.metadata.name === name)!;
const podOf = (described: Described) => described.spec.template.spec;

test('every part is as its schema says, with no field that nobody knows', () => {
  const without = all.filter((one) => problemsOf(one) === undefined).map(({ kind }) => kind);
  expect(new Set(without)).toEqual(new Set(['PodMonitor']));
  for (const one of all) expect(problemsOf(one) ?? [], `${one.kind} ${one.metadata.name}`).toEqual([]);
  const misspelt = structuredClone(find('Deployment', 'darkroom-api'));
  podOf(misspelt).containers[0].livenesProbe = {};
  expect(problemsOf(misspelt)).toEqual(['/spec/template/spec/containers/0/livenesProbe']);
});

test('kustomize is told of every file but the secrets and the migration, which come first', async () => {
  const { resources } = parse(await readFile(join(FOLDER, KUSTOMIZATION), 'utf8'));
  const files = (await readdir(FOLDER)).filter((name) => name !== KUSTOMIZATION);
  expect(resources.toSorted()).toEqual(
    files.filter((name) => !['secret.example.yaml', 'migrate.yaml'].includes(name)).toSorted(),
  );
});

test('what is set are settings that there are, and that Darkroom starts with', () => {
  const settings = find('ConfigMap', 'darkroom-settings').data!;
  const secrets = find('Secret', 'darkroom-secrets').stringData!;
  const { warnings, report } = readConfig({ ...settings, ...secrets });
  expect(warnings).toEqual([]);
  const known = report.map(({ name }) => name);
  for (const name of [...Object.keys(settings), ...Object.keys(secrets)]) expect(known).toContain(name);
});

describe.each(['api', 'worker'])('%s', (role) => {
  const deployment = () => find('Deployment', `darkroom-${role}`);

  test('is started as that, asked on the port it listens on, and restarted for nothing but its own fault', () => {
    const [container] = podOf(deployment()).containers;
    expect(container.args).toEqual([role]);
    expect(container.ports).toEqual([{ name: 'http', containerPort: readConfig({}).config.port }]);
    const probe = (name: string) => container[`${name}Probe`].httpGet;
    expect(probe('startup')).toEqual({ path: '/health', port: 'http' });
    expect(probe('liveness')).toEqual({ path: '/health', port: 'http' });
    expect(probe('readiness')).toEqual({ path: '/ready', port: 'http' });
  });

  test('may do nothing that it has no need to, as the user of the image', async () => {
    const image = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
    const [, user] = /^USER (\d+):\1$/m.exec(image)!;
    for (const pod of [podOf(deployment()), podOf(find('Job', 'darkroom-migrate'))]) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: Number(user),
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.containers[0].resources).toMatchObject({
        requests: { cpu: expect.anything(), memory: expect.anything() },
        limits: { memory: expect.anything() },
      });
    }
  });

  test('has the time that it takes to stop', () => {
    const pod = podOf(deployment());
    const settings = find('ConfigMap', 'darkroom-settings').data!;
    const graceS = role === 'worker' ? readConfig(settings).config.shutdownGraceMs / 1000 : 0;
    const pauseS = pod.containers[0].lifecycle?.preStop.sleep.seconds ?? 0;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(pauseS + graceS + 10);
  });

  test('is found by everything that is about it', () => {
    const labels = deployment().spec.template.metadata.labels;
    const selectors = [
      deployment().spec.selector.matchLabels,
      find('PodDisruptionBudget', `darkroom-${role}`).spec.selector.matchLabels,
      find('PodMonitor', role).spec.selector.matchLabels,
      podOf(deployment()).topologySpreadConstraints[0].labelSelector.matchLabels,
      ...(role === 'api' ? [find('Service', 'darkroom-api').spec.selector] : []),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
    const scaler =
      role === 'api'
        ? find('HorizontalPodAutoscaler', 'darkroom-api')
        : find('ScaledObject', 'darkroom-worker');
    expect(scaler.spec.scaleTargetRef.name).toBe(deployment().metadata.name);
    expect(deployment().spec.replicas).toBe(undefined);
  });
});

test('calls reach the API by the port of its service', () => {
  const { rules } = find('HTTPRoute', 'darkroom').spec;
  const [service] = find('Service', 'darkroom-api').spec.ports;
  expect(rules.at(-1).backendRefs).toEqual([{ name: 'darkroom-api', port: service.port }]);
  expect(service.targetPort).toBe('http');
});

test('workers are scaled by metrics that there are, and by what one of them runs', async () => {
  const documented = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  const { triggers } = find('ScaledObject', 'darkroom-worker').spec;
  const queries: string[] = triggers.map(({ metadata }: { metadata: { query: string } }) => metadata.query);
  for (const name of queries.join(' ').match(/darkroom_\w+/g)!)
    expect(documented).toContain(`| \`${name}\` |`);
  const concurrency = Number(find('ConfigMap', 'darkroom-settings').data!.DARKROOM_CONCURRENCY);
  expect(Number(triggers[1].metadata.threshold)).toBe(concurrency * 0.75);
});
