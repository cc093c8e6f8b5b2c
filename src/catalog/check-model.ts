/** What the files of one model must keep beyond their format. */
import type { Ajv, ErrorObject } from 'ajv';
import { checkProperty, checkPropertyName, type Finding } from './check-property.ts';
import { describeAll } from './describe-violation.ts';
import { MODEL_FILE, type ModelFile, TEXTS_FILE, type TextsFile } from './file-format.ts';
import { inputAjv, inputRules } from './input-rules.ts';
import type { InputSchema, PropertySchema } from './model.ts';
import { modelIdProblem } from './model-id.ts';
import { suggestion } from './unknown-fields.ts';

export interface FileChecker {
  /** Everything wrong with a parsed `model.json` found in the folder of `folderId`. */
  checkModel(value: unknown, folderId: string): Finding[];
  /** Everything wrong with a parsed `texts.<language>.json`; `names` are the model's fields, if they are known. */
  checkTexts(value: unknown, names: readonly string[] | undefined): Finding[];
}

/** Compiles the file formats once, for a whole catalogue. */
export function createFileChecker(): FileChecker {
  const ajv = inputAjv({ everyViolation: true });
  const followsModel = ajv.compile(MODEL_FILE);
  const followsTexts = ajv.compile(TEXTS_FILE);
  return {
    checkModel(value, folderId) {
      const format = followsModel(value) ? [] : findings(followsModel.errors ?? []);
      // Rules speak of what follows the format; the rest of a file is checked although one part of it does not.
      const broken = (place: string) => format.some(([at]) => at === place || at.startsWith(`${place}.`));
      const sound = new SoundParts(value, broken);
      return [...format, ...checkId(sound, folderId), ...checkSchema(ajv, sound), ...checkPrices(sound)];
    },
    checkTexts(value, names) {
      if (!followsTexts(value)) return findings(followsTexts.errors ?? []);
      return names === undefined ? [] : checkTextNames(value as TextsFile, names);
    },
  };
}

/** The parts of a file that follow the format. */
class SoundParts {
  readonly #file: Partial<ModelFile>;
  readonly #broken: (place: string) => boolean;

  constructor(value: unknown, broken: (place: string) => boolean) {
    this.#file = typeof value === 'object' && value !== null ? (value as Partial<ModelFile>) : {};
    this.#broken = broken;
  }

  get<K extends keyof ModelFile>(key: K): ModelFile[K] | undefined {
    return this.#broken(key) ? undefined : this.#file[key];
  }

  get properties(): [string, PropertySchema][] {
    const all: unknown = (this.#file.input_schema as Partial<InputSchema> | undefined)?.properties;
    if (typeof all !== 'object' || all === null || Array.isArray(all)) return [];
    return Object.entries(all as Record<string, PropertySchema>).filter(
      ([name]) => !this.#broken(propertyPlace(name)),
    );
  }

  get required(): string[] | undefined {
    if (this.#broken('input_schema.required')) return undefined;
    return (this.#file.input_schema as ModelFile['input_schema'] | undefined)?.required as
      | string[]
      | undefined;
  }

  /** Whether the file has this field at all, sound or not. */
  hasProperty(name: string): boolean {
    const all: unknown = (this.#file.input_schema as Partial<InputSchema> | undefined)?.properties;
    return typeof all === 'object' && all !== null && Object.hasOwn(all, name);
  }
}

function findings(errors: readonly ErrorObject[]): Finding[] {
  return describeAll(errors).map(({ path, msg }) => [path.join('.'), msg]);
}

function propertyPlace(name: string): string {
  return `input_schema.properties.${name}`;
}

function checkId(sound: SoundParts, folderId: string): Finding[] {
  const found: Finding[] = [];
  const id = sound.get('id');
  if (id !== undefined) {
    const problem = modelIdProblem(id);
    if (problem) found.push(['id', problem]);
    else if (id !== folderId) found.push(['id', `must be ${folderId}, as the folder says`]);
  }
  for (const [index, alias] of (sound.get('aliases') ?? []).entries()) {
    const problem = modelIdProblem(alias);
    if (problem) found.push([`aliases.${index}`, problem]);
  }
  return found;
}

function checkSchema(ajv: Ajv, sound: SoundParts): Finding[] {
  const found: Finding[] = [];
  const usable: [string, PropertySchema][] = [];
  for (const [name, property] of sound.properties) {
    const place = propertyPlace(name);
    const nameProblem = checkPropertyName(name);
    const wrong = nameProblem ? [['', nameProblem] as const] : checkProperty(name, property);
    found.push(...wrong.map(([below, message]): Finding => [below ? `${place}.${below}` : place, message]));
    if (wrong.length === 0) usable.push([name, property]);
  }
  const required = sound.required ?? [];
  for (const [index, name] of required.entries()) {
    if (!sound.hasProperty(name))
      found.push([`input_schema.required.${index}`, `there is no property ${name}`]);
    else if (required.indexOf(name) < index)
      found.push([`input_schema.required.${index}`, `lists ${name} twice`]);
  }
  return [...found, ...checkDefaults(ajv, usable, required)];
}

/** A default must meet the rules that a caller's value must. */
function checkDefaults(
  ajv: Ajv,
  properties: [string, PropertySchema][],
  required: readonly string[],
): Finding[] {
  const withDefault = properties.filter(([, property]) => property.default !== undefined);
  const names = withDefault.map(([name]) => name);
  const rules = inputRules(
    Object.fromEntries(withDefault),
    names.filter((name) => required.includes(name)),
  );
  const accepts = ajv.compile(rules);
  if (accepts(Object.fromEntries(withDefault.map(([name, property]) => [name, property.default])))) return [];
  return describeAll(accepts.errors ?? []).map(({ path: [name = '', ...below], msg }) => [
    [propertyPlace(name), 'default', ...below].join('.'),
    msg,
  ]);
}

/** Every resolution that can be asked for has a price, and every price something it is for. */
function checkPrices(sound: SoundParts): Finding[] {
  const prices = sound.get('prices_usd');
  if (prices === undefined) return [];
  const found: Finding[] = [];
  for (const [name, usd] of Object.entries(prices)) {
    const microUsd = usd * 1_000_000;
    if (Math.abs(microUsd - Math.round(microUsd)) > 1e-6) {
      found.push([`prices_usd.${name}`, 'must have at most 6 decimal places']);
    }
  }
  if (!sound.hasProperty('resolution')) {
    if (prices.default === undefined)
      found.push(['prices_usd', 'must have "default": the model has no resolution']);
    const idle = Object.keys(prices).filter((name) => name !== 'default');
    return [...found, ...idle.map((name): Finding => [`prices_usd.${name}`, 'the model has no resolution'])];
  }
  const resolution = sound.properties.find(([name]) => name === 'resolution')?.[1];
  if (resolution === undefined || resolution.type !== 'string' || !resolution.enum) return found;
  const offered = resolution.enum.map(String);
  for (const name of offered.filter((value) => !Object.hasOwn(prices, value))) {
    found.push(['prices_usd', `has no price for resolution ${name}`]);
  }
  for (const name of Object.keys(prices).filter((key) => key !== 'default' && !offered.includes(key))) {
    found.push([`prices_usd.${name}`, 'is not a resolution of the model']);
  }
  if (resolution.default === undefined && prices.default === undefined) {
    found.push(['prices_usd', 'must have "default": resolution has no default']);
  }
  return found;
}

function checkTextNames(texts: TextsFile, names: readonly string[]): Finding[] {
  return Object.keys(texts.properties ?? {})
    .filter((name) => !names.includes(name))
    .map((name) => [`properties.${name}`, `the model has no such property${suggestion(name, names)}`]);
}
