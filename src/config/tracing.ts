/** The variables of OpenTelemetry's specification that decide over traces, and what they mean together. */
import { parseBoolean, parseEndpoint, parsePairs } from './parse.ts';
import { integer, oneOf, type Setting, setting, text } from './setting.ts';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type SamplerName = (typeof SAMPLERS)[number];

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
type Protocol = (typeof PROTOCOLS)[number];

export const tracingSettings = {
  otelDisabled: setting('OTEL_SDK_DISABLED', false, parseBoolean, 'no traces, whatever else is set'),
  otelExporter: setting(
    'OTEL_TRACES_EXPORTER',
    undefined as 'otlp' | 'none' | undefined,
    oneOf('otlp', 'none'),
    'otlp sends traces, none does not; unset: they are sent where an endpoint is set',
  ),
  otelEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    undefined as string | undefined,
    parseEndpoint,
    'address of an OpenTelemetry collector, which /v1/traces follows; switches traces on',
  ),
  otelTracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    undefined as string | undefined,
    parseEndpoint,
    'the whole address that traces are sent to, instead; switches them on',
  ),
  otelProtocol: setting(
    'OTEL_EXPORTER_OTLP_PROTOCOL',
    'http/protobuf' as Protocol,
    oneOf(...PROTOCOLS),
    'how they are sent: http/protobuf, the only one that is spoken here',
  ),
  otelTracesProtocol: setting(
    'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    undefined as Protocol | undefined,
    oneOf(...PROTOCOLS),
    'the same for traces alone, where other programs need the first',
  ),
  otelHeaders: setting(
    'OTEL_EXPORTER_OTLP_HEADERS',
    undefined as string | undefined,
    pairs,
    'headers that the collector asks for: name=value, comma-separated',
    true,
  ),
  otelTracesHeaders: setting(
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    undefined as string | undefined,
    pairs,
    'the same for traces alone, added to the first',
    true,
  ),
  otelServiceName: setting(
    'OTEL_SERVICE_NAME',
    undefined as string | undefined,
    text,
    'name of the service in traces; unset: service.name of OTEL_RESOURCE_ATTRIBUTES, else darkroom',
  ),
  otelResourceAttributes: setting(
    'OTEL_RESOURCE_ATTRIBUTES',
    '',
    pairs,
    'what else traces say of this process: name=value, comma-separated',
  ),
  otelSampler: setting(
    'OTEL_TRACES_SAMPLER',
    'parentbased_always_on' as SamplerName,
    oneOf(...SAMPLERS),
    'which requests are traced: always_on, always_off or traceidratio, each also as parentbased_…, which does as the caller did',
  ),
  otelSamplerArgument: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    1,
    ratio,
    'which part of them traceidratio traces, 0 to 1',
  ),
  otelScheduleDelayMs: setting(
    'OTEL_BSP_SCHEDULE_DELAY',
    5000,
    integer(1, 3_600_000),
    'how long spans are collected before they are sent together, in milliseconds',
  ),
  otelMaxQueueSize: setting(
    'OTEL_BSP_MAX_QUEUE_SIZE',
    2048,
    integer(1, 1_000_000),
    'spans that may wait to be sent; what comes beyond is lost',
  ),
  otelMaxBatchSize: setting(
    'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
    512,
    integer(1, 1_000_000),
    'spans that are sent together at most',
  ),
} as const;

/** They stay text, as which they are shown: checked here, taken apart where they are used. */
function pairs(value: string): string {
  parsePairs(value);
  return value;
}

function ratio(value: string): number {
  const part = Number(value);
  if (!(part >= 0 && part <= 1)) throw new Error('must be a number from 0 to 1');
  return part;
}

type Values = {
  readonly [Name in keyof typeof tracingSettings]: (typeof tracingSettings)[Name] extends Setting<infer Value>
    ? Value
    : never;
};

/** How traces are sent, where they are. */
export interface TracingTarget {
  url: string;
  headers: Record<string, string>;
  /** Of the process; `service.name` among them where it is set. */
  attributes: Record<string, string>;
  sampler: SamplerName;
  /** 0..1 */
  ratio: number;
  scheduleDelayMs: number;
  maxQueueSize: number;
  maxBatchSize: number;
}

/** Where collectors listen on the same machine. */
const LOCAL_COLLECTOR = 'http://localhost:4318';

const isOn = ({ otelDisabled, otelExporter, otelEndpoint, otelTracesEndpoint }: Partial<Values>): boolean =>
  !otelDisabled &&
  otelExporter !== 'none' &&
  (otelExporter === 'otlp' || otelEndpoint !== undefined || otelTracesEndpoint !== undefined);

/** @returns undefined where traces are off. */
export function tracingTarget(
  values: Omit<Values, 'otelHeaders' | 'otelTracesHeaders'>,
  secrets: Pick<Values, 'otelHeaders' | 'otelTracesHeaders'>,
): TracingTarget | undefined {
  if (!isOn(values)) return undefined;
  const { otelServiceName: name, otelEndpoint, otelTracesEndpoint } = values;
  return {
    url: otelTracesEndpoint ?? `${otelEndpoint ?? LOCAL_COLLECTOR}/v1/traces`,
    headers: { ...parsePairs(secrets.otelHeaders ?? ''), ...parsePairs(secrets.otelTracesHeaders ?? '') },
    attributes: {
      ...parsePairs(values.otelResourceAttributes),
      ...(name !== undefined && { 'service.name': name }),
    },
    sampler: values.otelSampler,
    ratio: values.otelSamplerArgument,
    scheduleDelayMs: values.otelScheduleDelayMs,
    maxQueueSize: values.otelMaxQueueSize,
    maxBatchSize: values.otelMaxBatchSize,
  };
}

/** What is wrong with them together. */
export function tracingProblems(values: Partial<Values>): string[] {
  const protocol = values.otelTracesProtocol ?? values.otelProtocol ?? 'http/protobuf';
  if (!isOn(values) || protocol === 'http/protobuf') return [];
  return [
    `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL must be http/protobuf, with the collector's port for it (4318 as a rule) in OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Darkroom does not speak ${protocol}`,
  ];
}
