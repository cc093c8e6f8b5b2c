/** The bodies of the API as JSON Schema, for its description; the handlers build them, and tests hold the two together. */
import { type TSchema, Type } from 'typebox';

const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: 'date-time', examples: ['2025-12-14T08:38:35.556806+00:00'] });
const uuid = Type.String({ format: 'uuid' });
const url = Type.String({ format: 'uri' });

export const errorSchema = Type.Object(
  {
    error_code: Type.Integer({ examples: [422001] }),
    error_name: Type.String({ examples: ['ValidationError'] }),
    message: Type.String(),
    detail: Type.Optional(
      Type.Array(Type.Object({ loc: Type.Array(Type.String()), msg: Type.String(), type: Type.String() })),
    ),
    request_id: Type.String({ description: 'Id of this call, to be told to whoever runs the server.' }),
  },
  { $id: 'Error', title: 'Error' },
);

export const failureSchema = Type.Object(
  {
    code: Type.String({
      enum: [
        'content_blocked',
        'no_output',
        'input_unreachable',
        'input_too_large',
        'input_invalid',
        'backend_auth',
        'backend_rejected',
        'backend_unavailable',
        'timeout',
        'worker_lost',
        'internal',
      ],
    }),
    message: Type.String(),
    retryable: Type.Boolean({ description: 'Whether the same input may well succeed later.' }),
  },
  { title: 'Failure' },
);

export const warningSchema = Type.Object({
  field: Type.Optional(Type.String()),
  message: Type.String(),
  error: Type.Optional(failureSchema),
});
const progress = Type.Object({
  done: Type.Integer({ description: 'Rounds that have given their image.' }),
  total: Type.Integer(),
  fraction: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Of the whole request; only where the backend reports it.',
    }),
  ),
});
const urls = { status_url: url, result_url: url, cancel_url: url };
const publicStatus = Type.String({ enum: ['in_queue', 'in_progress', 'completed', 'cancelled'] });
const resultStatus = Type.String({ enum: ['in_queue', 'in_progress', 'completed', 'failed', 'cancelled'] });

export const submitSchema = Type.Object({ request_id: uuid, ...urls }, { title: 'Submitted' });

export const statusSchema = Type.Object(
  {
    request_id: uuid,
    status: publicStatus,
    queue_position: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: 'How many of your requests are ahead; 0 is next. Only while in_queue.',
      }),
    ),
    ...urls,
    model_id: Type.String(),
    created_at: time,
    started_at: nullable(time),
    completed_at: nullable(time),
    progress,
    warnings: Type.Optional(Type.Array(warningSchema)),
    error: Type.Optional(failureSchema),
  },
  { title: 'Status' },
);

/** An entry of `files`. */
export const fileSchema = Type.Object({
  url: Type.Optional(url),
  width: nullable(Type.Integer()),
  height: nullable(Type.Integer()),
  content_type: Type.String(),
  bytes: Type.Integer(),
  seed: nullable(Type.Integer()),
  sha256: Type.String(),
});
const output = Type.Object({
  image: Type.Optional(url),
  video: Type.Optional(url),
  images: Type.Optional(Type.Array(url)),
  videos: Type.Optional(Type.Array(url)),
});
const seconds = nullable(Type.Number());

const resultFields = {
  request_id: uuid,
  status: resultStatus,
  model_id: Type.String(),
  created_at: time,
  started_at: nullable(time),
  output: Type.Optional(output),
  files: Type.Optional(Type.Array(fileSchema)),
  progress: Type.Optional(progress),
  completed_at: nullable(time),
  finished_at: nullable(time),
  error: Type.Optional(failureSchema),
  warnings: Type.Optional(Type.Array(warningSchema)),
  adjustments: Type.Optional(Type.Array(Type.String({ description: 'Something done other than as asked.' }))),
  backend: Type.Optional(Type.String()),
  cost: Type.Optional(Type.Number({ description: 'USD.' })),
  timings: Type.Object({ queue_seconds: seconds, run_seconds: seconds, total_seconds: seconds }),
  ...urls,
};
export const resultSchema = Type.Object(resultFields, { title: 'Result' });
export const historyEntrySchema = Type.Object(
  { ...resultFields, input: Type.Object({}, { additionalProperties: true }) },
  { title: 'HistoryEntry' },
);
export const historySchema = Type.Object({
  requests: Type.Array(historyEntrySchema),
  next_cursor: nullable(Type.String()),
});

export const cancelSchema = Type.Object(
  {
    request_id: uuid,
    status: publicStatus,
    outcome: Type.String({ enum: ['cancelled', 'not_cancellable'] }),
  },
  { title: 'Cancelled' },
);

export const modelSchema = Type.Object(
  {
    model_id: Type.String(),
    display_name: Type.String(),
    description: Type.String(),
    categories: Type.Array(Type.String()),
    kind: Type.String(),
    base_price_usd: Type.Number(),
    price_unit: Type.String({ enum: ['output'] }),
    pricing_note: Type.String(),
    model_url: url,
    inputs: Type.Array(Type.String()),
    required_inputs: Type.Array(Type.String()),
    available: Type.Boolean({ description: 'Whether a backend is configured that can run it.' }),
    aliases: Type.Array(Type.String()),
    input_schema: Type.Optional(Type.Object({}, { additionalProperties: true })),
    output_schema: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { title: 'Model' },
);

export const uploadSchema = Type.Object(
  {
    id: Type.String(),
    url,
    name: nullable(Type.String()),
    content_type: Type.String(),
    bytes: Type.Integer(),
    width: nullable(Type.Integer()),
    height: nullable(Type.Integer()),
    sha256: Type.String(),
    created_at: time,
  },
  { title: 'File' },
);

export const directUploadSchema = Type.Object(
  {
    id: Type.String({ description: 'To complete it by. The file gets an id of its own.' }),
    upload_url: { ...url, description: 'Where to send the bytes. Works without a key, for an hour.' },
    method: Type.String({ enum: ['PUT'] }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'To be sent with the bytes.' }),
    complete_url: { ...url, description: 'To be called when they are sent, with your key.' },
    expires_at: { ...time, description: 'Until then the bytes must begin to arrive.' },
  },
  { title: 'DirectUpload' },
);

export const keySchema = Type.Object(
  {
    id: uuid,
    name: Type.String(),
    hint: Type.String({ description: 'Its first characters.' }),
    scopes: Type.Array(Type.String({ enum: ['admin', 'generate', 'read'] })),
    monthly_budget_usd: nullable(Type.Number()),
    spent_this_month_usd: Type.Number({ description: 'With what is reserved for unfinished requests.' }),
    requests_per_minute: nullable(Type.Integer()),
    created_at: time,
    last_used_at: nullable(time),
    expires_at: nullable(time),
    revoked_at: nullable(time),
  },
  { title: 'Key' },
);

export const accountSchema = Type.Object(
  {
    id: uuid,
    name: Type.String(),
    created_at: time,
    limits: Type.Object({
      max_running: Type.Integer(),
      max_queued: Type.Integer(),
      requests_per_minute: nullable(Type.Integer()),
    }),
    queued: Type.Integer(),
    running: Type.Integer(),
    budget: Type.Object({
      monthly_usd: nullable(Type.Number()),
      spent_this_month_usd: Type.Number(),
      remaining_usd: nullable(Type.Number()),
    }),
    key: Type.Object({
      id: uuid,
      scopes: Type.Array(Type.String()),
      monthly_budget_usd: nullable(Type.Number()),
      spent_this_month_usd: Type.Number(),
    }),
  },
  { title: 'Account' },
);

const counts = {
  requests: Type.Integer(),
  completed: Type.Integer(),
  failed: Type.Integer(),
  cancelled: Type.Integer(),
  outputs: Type.Integer(),
  cost_usd: Type.Number(),
};
export const usageSchema = Type.Object(
  {
    from: time,
    to: time,
    group_by: Type.String({ enum: ['day', 'model', 'key'] }),
    usage: Type.Array(
      Type.Object({
        day: Type.Optional(Type.String()),
        model_id: Type.Optional(Type.String()),
        key_id: Type.Optional(uuid),
        key_name: Type.Optional(nullable(Type.String())),
        ...counts,
      }),
    ),
    total: Type.Object(counts),
  },
  { title: 'Usage' },
);
