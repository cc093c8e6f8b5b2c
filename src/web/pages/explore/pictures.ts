/** Pictures of the models that come with Darkroom, made by `npm run model-pictures`. */

const urls = import.meta.glob<string>('../../assets/models/*.webp', {
  eager: true,
  query: '?url',
  import: 'default',
});

/** The picture of a model; models of the operator's own have none. */
export function pictureOf(modelId: string): string | undefined {
  return urls[`../../assets/models/${modelId.replaceAll('/', '--')}.webp`];
}
