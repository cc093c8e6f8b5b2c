/** What rjsf is given: the model's own schema, and which control each of its fields has. */
import type { RJSFSchema, UiSchema } from '@rjsf/utils';
import type { InputSchema, PropertySchema } from '../../../../client/index.ts';
import { type Input, isImages } from '../input.ts';

export type Control =
  | 'prompt'
  | 'ratio'
  | 'segments'
  | 'select'
  | 'stepper'
  | 'slider'
  | 'number'
  | 'seed'
  | 'switch'
  | 'images'
  | 'lines';

const RATIO = /^\d+:\d+$/;
/** As many buttons as stand in a row. */
const MOST_SEGMENTS = 4;
const MOST_STEPS = 10;

/** The control that fits what a field takes; its name decides only where its type says too little. */
export function controlOf(name: string, property: PropertySchema): Control {
  const { type, enum: allowed, minimum, maximum } = property;
  if (isImages(property)) return 'images';
  if (allowed && type === 'string') {
    if (allowed.every((value) => value === 'auto' || RATIO.test(String(value)))) return 'ratio';
    return allowed.length <= MOST_SEGMENTS ? 'segments' : 'select';
  }
  if (allowed) {
    if (allowed.length <= MOST_SEGMENTS) return 'segments';
    return isRun(allowed) ? 'slider' : 'select';
  }
  switch (type) {
    case 'boolean':
      return 'switch';
    case 'string':
      return 'prompt';
    case 'integer':
      if (name === 'seed') return 'seed';
      if (minimum === undefined || maximum === undefined) return 'number';
      return maximum - minimum < MOST_STEPS ? 'stepper' : 'slider';
    case 'number':
      return minimum === undefined || maximum === undefined ? 'number' : 'slider';
    default:
      return 'lines';
  }
}

/** Whole numbers, each one more than that before it. */
const isRun = (values: readonly (string | number)[]): boolean =>
  values.every(
    (value, index) => Number.isInteger(value) && (index === 0 || value === Number(values[index - 1]) + 1),
  );

/** Without defaults: the form is given its values, and rjsf is not to fill in any. */
export function formSchema(schema: InputSchema): RJSFSchema {
  const properties = Object.entries(schema.properties).map(([name, { default: _, ...property }]) => [
    name,
    property,
  ]);
  return { ...schema, properties: Object.fromEntries(properties) } as RJSFSchema;
}

export function formUiSchema({ properties }: InputSchema): UiSchema<Input> {
  const controls = Object.entries(properties).map(([name, property]) => {
    const control = controlOf(name, property);
    return [name, { 'ui:options': control === 'images' ? { field: control } : { widget: control } }];
  });
  // The button that runs it stands elsewhere.
  return { ...Object.fromEntries(controls), 'ui:submitButtonOptions': { norender: true } };
}

/** What most people set. */
const MAIN = /prompt|^(?:image_urls|num_images|aspect_ratio|resolution|quality|duration)$/;
/** Fewer than this are no burden. */
const WORTH_FOLDING = 3;

/** The fields that can be folded away, if there are enough of them. */
export function foldedFields({ properties, required }: InputSchema): string[] {
  const names = Object.keys(properties).filter((name) => !required.includes(name) && !MAIN.test(name));
  return names.length < WORTH_FOLDING ? [] : names;
}
