import { createFileChecker, type FileChecker } from './check-model.ts';
import type { ModelFile, TextsFile } from './file-format.ts';
import { CatalogError, type Mistake } from './mistakes.ts';
import type { Catalog, Language, LocalisedText, Model, PropertyTexts } from './model.ts';
import { parseJson } from './parse-json.ts';
import { type ModelFolder, readModelFolders, type SourceFile } from './read-model-folders.ts';

/**
 * Reads and checks every model at or below `directories`; each is listed by id, one directory after the other.
 * @throws {CatalogError} with all mistakes of all files.
 */
export async function loadCatalog(directories: string | readonly string[]): Promise<Catalog> {
  const mistakes: Mistake[] = [];
  const folders: ModelFolder[] = [];
  for (const directory of typeof directories === 'string' ? [directories] : directories) {
    folders.push(...(await readModelFolders(directory, mistakes)));
  }
  const checker = createFileChecker();
  const read = folders.map((folder) => readModel(folder, checker, mistakes));
  mistakes.push(...checkNames(folders, read));
  if (folders.length === 0 && mistakes.length === 0) {
    mistakes.push({ file: String(directories), place: '', message: 'has no model.json at any depth' });
  }
  if (mistakes.length > 0) throw new CatalogError(mistakes);
  return createCatalog(read.flatMap(({ model }) => model ?? []));
}

/** A catalogue of `models`, whose ids and aliases differ. */
function createCatalog(models: readonly Model[]): Catalog {
  const byName = new Map(
    models.flatMap((model) => [model.id, ...model.aliases].map((name) => [name, model] as const)),
  );
  return { models, find: (id) => byName.get(id) };
}

interface ReadModel {
  /** Absent where the files have mistakes. */
  model: Model | undefined;
  /** What it wants to be called, as far as that can be told, and where it says so. */
  names: { name: string; place: string }[];
}

function readModel(folder: ModelFolder, checker: FileChecker, mistakes: Mistake[]): ReadModel {
  const before = mistakes.length;
  const value = parse(folder.model, mistakes);
  if (value !== undefined) report(folder.model, checker.checkModel(value, folder.id), mistakes);
  const fieldNames = fieldNamesOf(value);
  const texts = new Map<Language, TextsFile>();
  for (const [language, source] of folder.texts) {
    const parsed = parse(source, mistakes);
    if (parsed === undefined) continue;
    report(source, checker.checkTexts(parsed, fieldNames), mistakes);
    texts.set(language, parsed as TextsFile);
  }
  return {
    model: mistakes.length === before ? buildModel(value as ModelFile, folder.directory, texts) : undefined,
    names: [{ name: folder.id, place: 'id' }, ...aliasesOf(value)],
  };
}

function parse(source: SourceFile, mistakes: Mistake[]): unknown {
  const parsed = parseJson(source.text);
  if (parsed.ok) return parsed.value;
  const { line, column, message } = parsed;
  mistakes.push({ file: source.file, place: `line ${line}, column ${column}`, message });
  return undefined;
}

function report(
  source: SourceFile,
  found: readonly (readonly [string, string])[],
  mistakes: Mistake[],
): void {
  mistakes.push(...found.map(([place, message]) => ({ file: source.file, place, message })));
}

/** Even of a file with mistakes, so that its translations are checked in the same go. */
function fieldNamesOf(value: unknown): string[] | undefined {
  const properties: unknown = (value as Partial<ModelFile> | null | undefined)?.input_schema?.properties;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined;
}

function aliasesOf(value: unknown): ReadModel['names'] {
  const aliases: unknown = (value as { aliases?: unknown } | null | undefined)?.aliases;
  if (!Array.isArray(aliases)) return [];
  return aliases.flatMap((alias, index) =>
    typeof alias === 'string' ? [{ name: alias, place: `aliases.${index}` }] : [],
  );
}

/** No two models, nor one model twice, may go by the same name. */
function checkNames(folders: readonly ModelFolder[], read: readonly ReadModel[]): Mistake[] {
  const mistakes: Mistake[] = [];
  const owners = new Map<string, string>();
  const claim = (index: number, ofId: boolean) => {
    const { file } = folders[index]!.model;
    for (const { name, place } of read[index]!.names) {
      if ((place === 'id') !== ofId) continue;
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, file);
      else mistakes.push({ file, place, message: `${name} is already the name of the model in ${owner}` });
    }
  };
  // Ids before aliases: it is the alias that has to give way.
  for (const ofId of [true, false]) for (const index of folders.keys()) claim(index, ofId);
  return mistakes;
}

function buildModel(file: ModelFile, directory: string, texts: ReadonlyMap<Language, TextsFile>): Model {
  const localised = (en: string, key: 'display_name' | 'description' | 'pricing_note'): LocalisedText => {
    const translations = [...texts].filter(([, text]) => text[key] !== undefined);
    return { en, ...Object.fromEntries(translations.map(([language, text]) => [language, text[key]])) };
  };
  const propertyTexts: Partial<Record<Language, Record<string, PropertyTexts>>> = {};
  for (const [language, { properties }] of texts) if (properties) propertyTexts[language] = properties;
  return {
    id: file.id,
    directory,
    aliases: file.aliases ?? [],
    kind: file.kind,
    categories: file.categories,
    displayName: localised(file.display_name, 'display_name'),
    description: localised(file.description, 'description'),
    pricingNote: localised(file.pricing_note ?? '', 'pricing_note'),
    prices: Object.fromEntries(
      Object.entries(file.prices_usd).map(([name, usd]) => [name, Math.round(usd * 1_000_000)]),
    ),
    inputSchema: file.input_schema,
    propertyTexts,
    candidates: file.candidates.map(({ backend, upstream_model }) => ({
      backend,
      upstreamModel: upstream_model,
    })),
  };
}
