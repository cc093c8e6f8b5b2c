/** What a property of an input schema must keep beyond its format. Each finding is a place below the property and what is wrong. */
import { type ListSchema, type PropertySchema, RESOLUTIONS, type ValueSchema } from './model.ts';

export type Finding = readonly [place: string, message: string];

/** Findings about the property called `name`, which follows the file format. */
export function checkProperty(name: string, property: PropertySchema): Finding[] {
  if (property.type === 'array') {
    return [
      ...checkOrder('minItems', property.minItems, property.maxItems),
      ...checkValue('items.', property.items),
    ];
  }
  return [...checkValue('', property), ...checkMeaning(name, property)];
}

/** Findings about the name alone. */
export function checkPropertyName(name: string): string | undefined {
  // `constructor` is the one word of this form that every object already knows.
  if (/^[a-z][a-z0-9_]{0,63}$/.test(name) && name !== 'constructor') return undefined;
  return 'must be named with lower-case letters, digits and "_", beginning with a letter, and not "constructor"';
}

function checkValue(place: string, value: ValueSchema): Finding[] {
  const findings = [
    ...checkOrder(`${place}minimum`, value.minimum, value.maximum),
    ...checkOrder(`${place}minLength`, value.minLength, value.maxLength),
  ];
  const idle = ['minLength', 'maxLength', 'minimum', 'maximum', 'format'].filter(
    (keyword) => keyword in value,
  );
  if (value.enum && new Set(value.enum).size < value.enum.length) {
    findings.push([`${place}enum`, 'must not list a value twice']);
  }
  if (value.enum) {
    for (const keyword of idle) findings.push([`${place}${keyword}`, 'must not stand beside enum']);
  } else if (value.format) {
    for (const keyword of idle.filter((name) => name !== 'format')) {
      findings.push([`${place}${keyword}`, 'must not stand beside format']);
    }
  }
  return findings;
}

function checkOrder(place: string, least: number | undefined, most: number | undefined): Finding[] {
  return least !== undefined && most !== undefined && least > most
    ? [[place, `must be <= ${most}, the upper bound`]]
    : [];
}

/** Fields that mean something to the server itself. */
function checkMeaning(name: string, property: Exclude<PropertySchema, ListSchema>): Finding[] {
  if (name === 'resolution') {
    const known: readonly unknown[] = RESOLUTIONS;
    if (!property.enum) return [['', `must have an enum out of ${RESOLUTIONS.join(', ')}`]];
    return property.enum.flatMap((value, index): Finding[] =>
      known.includes(value) ? [] : [[`enum.${index}`, `must be one of: ${RESOLUTIONS.join(', ')}`]],
    );
  }
  if (name === 'num_images') {
    const counts = property.enum ?? [property.minimum, property.maximum];
    const bounded = counts.every((count) => typeof count === 'number' && count >= 1 && count <= 100);
    if (property.type !== 'integer' || !bounded)
      return [['', 'must be an integer with an enum or bounds within 1 and 100']];
  }
  return [];
}
