/** Whether a model's input schema and its bindings speak of the same things: what a caller sets must have a place. */
import type { Finding } from './check-graph.ts';
import type { Bindings } from './workflow.ts';

/** Of a model's input schema what matters here. */
export type Properties = Readonly<
  Record<
    string,
    {
      type: string;
      format?: string | undefined;
      items?: { format?: string | undefined } | undefined;
      enum?: unknown;
    }
  >
>;

/** Fields that the server answers itself. */
const SERVED = ['num_images', 'output_format', 'sync_mode', 'limit_generations'];
/** Fields that become a width and a height. */
const SIZED = ['aspect_ratio', 'resolution'];
const COMPUTED = ['prompt', 'seed', 'width', 'height'];

/** Findings about `bindings.json` of a model with these fields. */
export function checkAgainstSchema(bindings: Bindings, properties: Properties): Finding[] {
  const { values, images, sizes } = bindings;
  const found: Finding[] = [];
  for (const name of values.keys()) {
    if (!COMPUTED.includes(name) && !Object.hasOwn(properties, name))
      found.push([name, 'the model has no such field in its input schema']);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (name === 'image_urls') {
      if (images.length === 0) found.push(['images', 'must say where the images of image_urls go']);
    } else if (property.format === 'image_uri' || property.items?.format === 'image_uri') {
      found.push([name, 'images are fetched from image_urls only']);
    } else if (SIZED.includes(name)) {
      if (!values.has('width') || !values.has('height'))
        found.push([name, 'needs places for width and height']);
    } else if (!values.has(name) && !SERVED.includes(name)) {
      found.push([name, 'the field of the input schema has no place: what callers set would be ignored']);
    }
  }
  if (images.length > 0 && !Object.hasOwn(properties, 'image_urls'))
    found.push(['images', 'the model has no image_urls in its input schema']);
  return [...found, ...checkSizes(sizes, properties)];
}

function checkSizes(sizes: Bindings['sizes'], properties: Properties): Finding[] {
  if (!sizes) return [];
  const offered = properties.aspect_ratio?.enum;
  const missing = (Array.isArray(offered) ? offered : []).filter(
    (ratio) => ratio !== 'auto' && !Object.hasOwn(sizes, String(ratio)),
  );
  return [
    ...(properties.resolution
      ? [['sizes', 'are the only ones: the model cannot offer a resolution'] as const]
      : []),
    ...missing.map((ratio) => ['sizes', `has no size for ${String(ratio)}`] as const),
  ];
}
