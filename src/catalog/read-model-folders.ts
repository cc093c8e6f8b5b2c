import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Mistake } from './mistakes.ts';
import { LANGUAGES, type Language } from './model.ts';

/** A model deeper than this is a loop of links. */
const MAX_DEPTH = 10;
const TEXTS_FILE_NAME = /^texts\.(.+)\.json$/;

export interface SourceFile {
  /** As mistakes name it. */
  file: string;
  text: string;
}

/** A folder with a `model.json`, unread as yet. */
export interface ModelFolder {
  /** What the model's id must be: the path below the catalogue's directory. */
  id: string;
  directory: string;
  model: SourceFile;
  texts: Map<Language, SourceFile>;
}

/** Every model folder at or below `directory`, sorted by id; what cannot be read is added to `mistakes`. */
export async function readModelFolders(directory: string, mistakes: Mistake[]): Promise<ModelFolder[]> {
  const folders: ModelFolder[] = [];
  await walk(directory, [], false);
  return folders.sort((a, b) => (a.id < b.id ? -1 : 1));

  async function walk(folder: string, segments: string[], insideModel: boolean): Promise<void> {
    if (segments.length > MAX_DEPTH) {
      mistakes.push({
        file: shownPath(folder),
        place: '',
        message: `is more than ${MAX_DEPTH} folders deep`,
      });
      return;
    }
    const { files, subfolders } = await list(folder);
    const isModel = files.includes('model.json');
    if (isModel) folders.push(...(await readFolder(folder, segments.join('/'), files)));
    else if (segments.length > 0 && !insideModel && files.some((name) => name.endsWith('.json'))) {
      mistakes.push({ file: shownPath(folder), place: '', message: 'has JSON files but no model.json' });
    }
    for (const name of subfolders)
      await walk(join(folder, name), [...segments, name], insideModel || isModel);
  }

  async function readFolder(folder: string, id: string, files: string[]): Promise<ModelFolder[]> {
    const texts = new Map<Language, SourceFile>();
    for (const name of files) {
      const tag = TEXTS_FILE_NAME.exec(name)?.[1];
      if (tag === undefined) continue;
      const file = join(folder, name);
      const language = LANGUAGES.find((known) => known === tag && known !== 'en');
      const source = await read(file);
      if (language && source) texts.set(language, source);
      if (!language) mistakes.push({ file: shownPath(file), place: '', message: unknownLanguage(tag) });
    }
    const model = await read(join(folder, 'model.json'));
    return model ? [{ id, directory: folder, model, texts }] : [];
  }

  /** Names beginning with a dot are other programs' business. Links are followed. */
  async function list(folder: string): Promise<{ files: string[]; subfolders: string[] }> {
    const files: string[] = [];
    const subfolders: string[] = [];
    try {
      const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
      for (const name of names) {
        const found = await stat(join(folder, name));
        if (found.isDirectory()) subfolders.push(name);
        else files.push(name);
      }
    } catch (error) {
      mistakes.push({ file: shownPath(folder), place: '', message: unreadable(error) });
    }
    return { files, subfolders };
  }

  async function read(path: string): Promise<SourceFile | undefined> {
    const file = shownPath(path);
    try {
      // Fatal: bytes that are no UTF-8 would silently become U+FFFD. A byte order mark is dropped.
      return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path)) };
    } catch (error) {
      mistakes.push({ file, place: '', message: unreadable(error) });
      return undefined;
    }
  }
}

function shownPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}

function unknownLanguage(tag: string): string {
  if (tag === 'en') return 'English texts belong in model.json';
  return `unknown language ${tag}; known: ${LANGUAGES.filter((language) => language !== 'en').join(', ')}`;
}

function unreadable(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not UTF-8';
  return `cannot be read (${code ?? (error as Error).message})`;
}
