/** The events of a request as JSON Schema, for the description of the API. */
import { type TProperties, Type } from 'typebox';
import { fileSchema, resultSchema, statusSchema } from './schemas.ts';

const id = Type.String({ description: 'Send it as `Last-Event-ID` to go on after this event.' });
const event = <Data extends TProperties[string]>(name: string, data: Data) =>
  Type.Object({ id, event: Type.Literal(name), data });

const outputSchema = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Which of the images that were asked for.' }),
  ordinal: Type.Integer({
    minimum: 0,
    description: 'Its place where one round gives several (`limit_generations: false`); else 0.',
  }),
  ...fileSchema.properties,
});

/** An event once it is parsed. */
export const requestEventSchema = Type.Union(
  [event('status', statusSchema), event('output', outputSchema), event('end', resultSchema)],
  { title: 'RequestEvent' },
);

export const requestStreamSchema = {
  description: 'The events, each a `RequestEvent`; comments in between show that the connection is alive.',
  content: {
    'text/event-stream': {
      schema: Type.String({
        examples: ['id: 5b3a91.2-.1\nevent: output\ndata: {"index":0,"url":"…"}\n\n'],
        description:
          '`status` with the body of the status, `output` with an entry of `files`, `end` with the result.',
      }),
    },
  },
};
