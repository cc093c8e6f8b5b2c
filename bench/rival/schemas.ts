/** The rival's answers, so that Fastify writes them with compiled serialisers. */
const text = { type: 'string' } as const;
const urls = { status_url: text, result_url: text, cancel_url: text };
const times = { created_at: text, started_at: text, completed_at: text };
const error = { type: 'object', properties: { code: text, message: text } };
const object = (properties: object) => ({ type: 'object', properties });

export const submittedSchema = object({ request_id: text, ...urls });
export const statusSchema = object({
  request_id: text,
  status: text,
  queue_position: { type: 'integer' },
  ...urls,
  ...times,
  error,
});
export const resultSchema = object({
  request_id: text,
  status: text,
  output: object({ images: { type: 'array', items: text } }),
  ...times,
  error,
});
