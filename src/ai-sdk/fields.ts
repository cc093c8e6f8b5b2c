/** The AI SDK's parameters as a model's own fields, by its schema. */
import { type SharedV4Warning, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import type { InputSchema, PropertySchema } from '../client/index.ts';
import { knownRatio, ratioOf, readSize, resolutionOf, type Size } from './sizes.ts';

export type Properties = Record<string, PropertySchema>;

/** An input for a model, without its files. */
export interface Fields {
  values: Record<string, unknown>;
  warnings: SharedV4Warning[];
  /** Sets `field`, or warns that the model has none for `feature`. */
  set(feature: string, field: string, value: unknown): void;
  setRatio(ratio: string | undefined): void;
  /** @returns the size, if it could be put into words of the model: whether it came true shows in the result. */
  setSize(feature: string, size: string | undefined): Size | undefined;
  /** The input with the URLs of its files. `mask` is the last of them, where there is one. */
  withFiles(urls: readonly string[], at: FileFields): Record<string, unknown>;
}

/**
 * What the model has no field for is left out with a warning. A value that its field does not allow is sent all the same, since the
 * server says what it would allow, and takes nothing for it.
 * @param own fields as the model names them; they win
 */
export function modelFields({ properties }: InputSchema, own: Record<string, unknown>): Fields {
  const values: Record<string, unknown> = { ...own };
  const warnings: SharedV4Warning[] = [];
  const unsupported = (feature: string, details: string): void =>
    void warnings.push({ type: 'unsupported', feature, details });
  const ratios = namesOf(properties.aspect_ratio);

  const set: Fields['set'] = (feature, field, value) => {
    if (value === undefined || field in own) return;
    if (properties[field]) values[field] = value;
    else unsupported(feature, `The model has no field ${field}.`);
  };

  return {
    values,
    warnings,
    set,
    setRatio: (ratio) => set('aspectRatio', 'aspect_ratio', ratio && (knownRatio(ratio, ratios) ?? ratio)),

    setSize(feature, text) {
      if (text === undefined) return undefined;
      const size = readSize(text);
      const sized =
        properties.width && properties.height
          ? { ...size }
          : inWords(size, properties, 'aspect_ratio' in values);
      if (!sized) return void unsupported(feature, sizeHelp(ratios));
      Object.assign(values, sized, own);
      return size;
    },

    withFiles(urls, { images, mask }) {
      const imageUrls = mask ? urls.slice(0, -1) : urls;
      return {
        ...(images && { [images]: properties[images]!.type === 'array' ? imageUrls : imageUrls[0] }),
        ...(mask && { [mask]: urls.at(-1) }),
        ...values,
      };
    },
  };
}

const namesOf = (property: PropertySchema | undefined): string[] => (property?.enum ?? []).map(String);

/** The ratio and resolution nearest to the size. */
function inWords(size: Size, properties: Properties, hasRatio: boolean): Record<string, unknown> | undefined {
  const ratio = ratioOf(size, namesOf(properties.aspect_ratio));
  if (ratio === undefined && !hasRatio) return undefined;
  const resolution = resolutionOf(size, namesOf(properties.resolution));
  return { ...(!hasRatio && { aspect_ratio: ratio }), ...(resolution !== undefined && { resolution }) };
}

const sizeHelp = (ratios: readonly string[]): string =>
  ratios.length > 0
    ? `The model knows the ratios ${ratios.join(', ')}, and this size has none of them.`
    : 'The model has no field for a size.';

/** Names of the fields that files go to. */
export interface FileFields {
  images: string | undefined;
  mask: string | undefined;
}

/**
 * The fields for so many images, and a mask.
 * @throws {UnsupportedFunctionalityError} before anything is paid for: without them, the picture would be of something else
 */
export function fileFields({ properties }: InputSchema, imageCount: number, hasMask: boolean): FileFields {
  const { images, mask } = imageFields(properties);
  if (imageCount > 0 && images === undefined)
    throw unsupportedFiles('images in the prompt', 'it works from text alone');
  if (imageCount > 1 && properties[images!]!.type !== 'array')
    throw unsupportedFiles('several images in the prompt', 'it takes one');
  if (hasMask && mask === undefined) throw unsupportedFiles('a mask', 'say in words what is to change');
  return { images: imageCount > 0 ? images : undefined, mask: hasMask ? mask : undefined };
}

/** The fields a model has for images. */
export function imageFields(properties: Properties): FileFields {
  const names = Object.entries(properties)
    .filter(([, { format, items }]) => format === 'image_uri' || items?.format === 'image_uri')
    .map(([name]) => name);
  const isMask = (name: string): boolean => /mask/i.test(name);
  return { images: names.find((name) => !isMask(name)), mask: names.find(isMask) };
}

export const unsupportedFiles = (functionality: string, reason: string): UnsupportedFunctionalityError =>
  new UnsupportedFunctionalityError({
    functionality,
    message: `This model does not take ${functionality}: ${reason}.`,
  });

/** The most images that one request makes; undefined where the model does not say. */
export function mostImages({ properties: { num_images: field } }: InputSchema): number | undefined {
  if (!field) return 1;
  return field.maximum ?? (field.enum && Math.max(...field.enum.map(Number)));
}
