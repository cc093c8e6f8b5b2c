/** Reads what is sent to an OpenTelemetry collector: `ExportTraceServiceRequest` in protobuf, by the numbers of its published schema. */

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** '' for the first of a trace. */
  parentSpanId: string;
  traceState: string;
  name: string;
  kind: (typeof KINDS)[number];
  /** Nanoseconds. */
  startedAt: bigint;
  endedAt: bigint;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  /** The message of a status that is an error. */
  error: string | undefined;
  /** Of the process that sent it. */
  resource: Record<string, unknown>;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUS_ERROR = 2;

/** @throws when it is not protobuf. */
export function readTraces(bytes: Buffer): ReceivedSpan[] {
  return messages(readMessage(bytes), 1).flatMap((ofResource) => {
    const resource = readAttributes(messages(ofResource, 1).flatMap((of) => messages(of, 1)));
    return messages(ofResource, 2).flatMap((ofScope) =>
      messages(ofScope, 2).map((span) => readSpan(span, resource)),
    );
  });
}

function readSpan(span: Fields, resource: Record<string, unknown>): ReceivedSpan {
  const status = messages(span, 15)[0] ?? new Map();
  return {
    traceId: bytesOf(span, 1).toString('hex'),
    spanId: bytesOf(span, 2).toString('hex'),
    traceState: bytesOf(span, 3).toString(),
    parentSpanId: bytesOf(span, 4).toString('hex'),
    name: bytesOf(span, 5).toString(),
    kind: KINDS[Number(numberOf(span, 6))]!,
    startedAt: numberOf(span, 7),
    endedAt: numberOf(span, 8),
    attributes: readAttributes(messages(span, 9)),
    events: messages(span, 11).map((event) => ({
      name: bytesOf(event, 2).toString(),
      attributes: readAttributes(messages(event, 3)),
    })),
    error: numberOf(status, 3) === BigInt(STATUS_ERROR) ? bytesOf(status, 2).toString() : undefined,
    resource,
  };
}

const readAttributes = (pairs: Fields[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map((pair) => [bytesOf(pair, 1).toString(), readValue(messages(pair, 2)[0]!)]));

/** A string, a boolean, a whole number or another. */
function readValue(value: Fields): unknown {
  const [[number, [content]]] = [...value] as [[number, (Buffer | bigint)[]]];
  if (number === 1) return (content as Buffer).toString();
  if (number === 2) return content === 1n;
  if (number === 3) return Number(BigInt.asIntN(64, content as bigint));
  if (number === 4) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(content as bigint);
    return bytes.readDoubleLE();
  }
  throw new Error(`an attribute's value of kind ${number} is not read here`);
}

/** By number, in the order they came. */
type Fields = Map<number, (Buffer | bigint)[]>;

const messages = (fields: Fields, number: number): Fields[] =>
  (fields.get(number) ?? []).map((bytes) => readMessage(bytes as Buffer));
const bytesOf = (fields: Fields, number: number): Buffer =>
  (fields.get(number)?.at(-1) ?? Buffer.alloc(0)) as Buffer;
const numberOf = (fields: Fields, number: number): bigint => (fields.get(number)?.at(-1) ?? 0n) as bigint;

function readMessage(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('the message ends in the middle of a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const readers: Record<number, () => Buffer | bigint> = {
    0: varint,
    1: () => take(8).readBigUInt64LE(),
    2: () => take(Number(varint())),
    5: () => BigInt(take(4).readUInt32LE()),
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const read = readers[tag & 7];
    if (!read) throw new Error(`${tag & 7} is no type of a field`);
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), read()]);
  }
  return fields;
}
