import type { ErrorObject } from 'ajv';
import { TEXT_FORMATS } from './input-rules.ts';
import { suggestion } from './unknown-fields.ts';

const MAX_LISTED_VALUES = 30;

/** One broken rule, in words for whoever wrote the value. */
interface BrokenRule {
  /** Keys and indices from the outermost value inwards. */
  path: string[];
  msg: string;
  type: string;
}

/** What Ajv found, in our words; of several at the same place only a wrong type, if there is one. */
export function describeAll(found: readonly ErrorObject[]): BrokenRule[] {
  const byPlace = new Map<string, BrokenRule[]>();
  for (const rule of found.map(describe)) {
    const place = rule.path.join('/');
    const others = byPlace.get(place) ?? [];
    if (!others.some(({ msg }) => msg === rule.msg)) byPlace.set(place, [...others, rule]);
  }
  return [...byPlace.values()].flatMap((rules) => {
    const wrongType = rules.find(({ type }) => type === 'type');
    return wrongType ? [wrongType] : rules;
  });
}

/** `error` must come from an Ajv that is `verbose`. */
function describe(error: ErrorObject): BrokenRule {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { keyword, params } = error;
  switch (keyword) {
    case 'required':
      return { path: [...path, params.missingProperty], msg: 'is required', type: keyword };
    case 'additionalProperties': {
      const name: string = params.additionalProperty;
      const known = Object.keys(error.parentSchema?.properties ?? {});
      return { path: [...path, name], msg: `unknown field${suggestion(name, known)}`, type: 'unknown_field' };
    }
    case 'discriminator': {
      const at = [...path, params.tag];
      if (params.tagValue === undefined) return { path: at, msg: 'is required', type: 'required' };
      const branches: { properties: Record<string, { const: unknown }> }[] = error.parentSchema?.oneOf ?? [];
      return {
        path: at,
        msg: oneOf(branches.map(({ properties }) => properties[params.tag]?.const)),
        type: 'enum',
      };
    }
    case 'enum':
      return { path, msg: oneOf(params.allowedValues), type: keyword };
    case 'const':
      return { path, msg: `must be ${JSON.stringify(params.allowedValue)}`, type: keyword };
    case 'minLength':
      return { path, msg: `must have at least ${count(params.limit, 'character')}`, type: keyword };
    case 'maxLength':
      return { path, msg: `must have at most ${count(params.limit, 'character')}`, type: keyword };
    case 'minItems':
      return { path, msg: `must have at least ${count(params.limit, 'item')}`, type: keyword };
    case 'maxItems':
      return { path, msg: `must have at most ${count(params.limit, 'item')}`, type: keyword };
    case 'format': {
      const problem = TEXT_FORMATS[params.format]?.(String(error.data));
      return { path, msg: problem?.msg ?? `must be a ${params.format}`, type: problem?.type ?? keyword };
    }
    default:
      return { path, msg: error.message ?? 'is not valid', type: keyword };
  }
}

function oneOf(values: readonly unknown[]): string {
  const listed = values.slice(0, MAX_LISTED_VALUES).map(String).join(', ');
  const rest = values.length - MAX_LISTED_VALUES;
  return `must be one of: ${listed}${rest > 0 ? `, … (${rest} more)` : ''}`;
}

function count(limit: number, noun: string): string {
  return `${limit} ${noun}${limit === 1 ? '' : 's'}`;
}
