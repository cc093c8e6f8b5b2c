import { expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { type TracingTarget, tracingTarget } from './tracing.ts';

function target(env: Record<string, string>): TracingTarget | undefined {
  const { config, secrets } = readConfig(env);
  return tracingTarget(config, secrets);
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example.com:4318/' };

test.each([
  {},
  { OTEL_SERVICE_NAME: 'pictures', OTEL_TRACES_SAMPLER: 'always_on', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
  { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
])('with %j there are no traces', (env) => {
  expect(target(env as Record<string, string>)).toBeUndefined();
});

test('they go where the variables say', () => {
  expect(target(ENDPOINT)!.url).toBe('https://collector.example.com:4318/v1/traces');
  expect(target({ OTEL_TRACES_EXPORTER: 'otlp' })!.url).toBe('http://localhost:4318/v1/traces');
  const whole = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/otlp' };
  expect(target({ ...ENDPOINT, ...whole })!.url).toBe('http://127.0.0.1:9/otlp');
});

test('names, headers and samplers are read as the specification writes them', () => {
  expect(
    target({
      ...ENDPOINT,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc==, x-tenant=one',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=two',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=a%2Cb',
      OTEL_SERVICE_NAME: 'pictures',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    }),
  ).toMatchObject({
    headers: { authorization: 'Basic abc==', 'x-tenant': 'two' },
    attributes: { 'service.name': 'pictures', 'deployment.environment.name': 'a,b' },
    sampler: 'parentbased_traceidratio',
    ratio: 0.25,
  });
});

test('headers are kept apart, and shown to nobody', () => {
  const { config, report } = readConfig({ ...ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hidden-one' });
  expect(JSON.stringify([config, report])).not.toContain('hidden-one');
  expect(report).toContainEqual(
    expect.objectContaining({ name: 'OTEL_EXPORTER_OTLP_HEADERS', value: '(set, hidden)' }),
  );
});

test('what is wrong with them is said at the start, without a secret', () => {
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'hidden-one',
    OTEL_RESOURCE_ATTRIBUTES: 'a=%zz',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_TRACES_SAMPLER_ARG: '2',
    OTEL_TRACES_EXPORTER: 'zipkin',
  };
  for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(`${name} must be`);
  expect(() => readConfig(wrong)).not.toThrow(/hidden-one/);
});

test('a protocol that is not spoken here is no reason to send nothing quietly', () => {
  const grpc = { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(() => readConfig(grpc)).toThrow(/OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be http\/protobuf.*grpc/);
  expect(target({ ...grpc, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' })).toBeDefined();
});
