/** What the server found wrong with an input, as rjsf shows it: beside its field. */
import type { ErrorSchema } from '@rjsf/utils';
import { type InputSchema, ValidationError } from '../../../../client/index.ts';
import type { Input } from '../input.ts';

interface Told {
  /** Beside fields of the form. */
  fields: ErrorSchema<Input> | undefined;
  /** Of no field: for the whole. */
  others: string[];
}

type Problems = { __errors: string[] } & Record<string, unknown>;

export function problemsTold(error: unknown, { properties }: InputSchema): Told {
  if (!(error instanceof ValidationError)) return { fields: undefined, others: [] };
  const fields: Record<string, Problems> = {};
  const others: string[] = [];
  for (const { loc, msg } of error.detail) {
    const [root, name, index] = loc;
    if (root !== 'body' || name === undefined || !properties[name]) {
      others.push(loc.length > 1 ? `${loc.slice(1).join('.')}: ${msg}` : msg);
      continue;
    }
    const field: Problems = fields[name] ?? { __errors: [] };
    fields[name] =
      index === undefined
        ? { ...field, __errors: [...field.__errors, msg] }
        : {
            ...field,
            __errors: [...field.__errors, `${Number(index) + 1}: ${msg}`],
            [index]: { __errors: [msg] },
          };
  }
  return { fields: Object.keys(fields).length > 0 ? (fields as ErrorSchema<Input>) : undefined, others };
}
