/** Paths in the image fields of an input. */
import type { PropertySchema } from '../../client/index.ts';
import type { ToolContext } from '../context.ts';
import { isPath } from '../local-files.ts';
import { ToolError } from '../tool-error.ts';
import { findModel } from './find-model.ts';

type Input = Record<string, unknown>;

export interface InputFiles {
  bytes: Uint8Array[];
  /** @returns their URLs on the server, in the same order. */
  upload(signal: AbortSignal): Promise<string[]>;
  /** The input with these in the places of the paths. */
  replacedBy(files: readonly unknown[]): Input;
}

/** @throws {ToolError} naming the field that has a path which may not be read. */
export async function readInputFiles(
  context: Pick<ToolContext, 'darkroom' | 'localFiles'>,
  modelId: string,
  input: Input,
): Promise<InputFiles> {
  const places = await pathsOf(context, modelId, input);
  const files = await Promise.all(
    places.map(async ({ field, path }) => {
      if (!context.localFiles)
        throw new ToolError(
          `${field} is a path, and files of this machine are not read here: give a URL or a data URI. Only where \`darkroom mcp\` runs over stdio with --allow-files <folder> can pictures in that folder be used. Nothing was submitted.`,
        );
      return context.localFiles.read(path).catch((error) => {
        throw error instanceof ToolError
          ? new ToolError(`${field}: ${error.message} Nothing was submitted.`)
          : error;
      });
    }),
  );
  return {
    bytes: files.map(({ bytes }) => bytes),
    async upload(signal) {
      const urls: string[] = [];
      for (const { name, bytes } of files)
        urls.push((await context.darkroom.files.upload(bytes, { filename: name, signal })).url);
      return urls;
    },
    replacedBy(replacements) {
      const replaced = structuredClone(input);
      for (const [index, { name, at }] of places.entries()) {
        if (at === undefined) replaced[name] = replacements[index];
        else (replaced[name] as unknown[])[at] = replacements[index];
      }
      return replaced;
    },
  };
}

interface Place {
  name: string;
  /** In a list. */
  at: number | undefined;
  path: string;
  /** As the caller knows it. */
  field: string;
}

async function pathsOf(
  { darkroom }: Pick<ToolContext, 'darkroom'>,
  modelId: string,
  input: Input,
): Promise<Place[]> {
  const places = Object.entries(input).flatMap(([name, value]): Place[] =>
    Array.isArray(value)
      ? value.flatMap((item, at) => placeOf(item, name, at))
      : placeOf(value, name, undefined),
  );
  if (places.length === 0) return [];
  // A prompt may begin with a slash: only fields for images have paths.
  const { input_schema } = await findModel(darkroom, modelId);
  return places.filter(({ name }) => isImageField(input_schema?.properties[name]));
}

const placeOf = (value: unknown, name: string, at: number | undefined): Place[] =>
  typeof value === 'string' && isPath(value)
    ? [{ name, at, path: value, field: `input.${name}${at === undefined ? '' : `[${at}]`}` }]
    : [];

const isImageField = (property: PropertySchema | undefined): boolean =>
  property?.format === 'image_uri' || property?.items?.format === 'image_uri';
