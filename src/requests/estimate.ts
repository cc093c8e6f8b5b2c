/** What a request would cost and who would run it, before it is one. */
import type { Choice } from '../backends/registry.ts';
import type { Model } from '../catalog/model.ts';
import { estimate, limitsRounds, MAX_OUTPUTS_PER_ROUND, priceOf } from '../catalog/price.ts';
import type { Warning } from './states.ts';

export interface RunEstimate {
  outputs: number;
  /** Millionths of a USD. */
  pricePerOutput: number;
  cost: number;
  /** What a submit reserves. */
  maxCost: number;
  /** Why the cost may be another in the end; none: it is exact. */
  uncertainties: string[];
  /** Its name; undefined: nobody can run it. */
  backend: string | undefined;
  warnings: Warning[];
}

/** @param choices the model's candidates that are configured, best first; `input` is validated */
export function estimateRun(
  model: Model,
  choices: readonly Choice[],
  input: Readonly<Record<string, unknown>>,
): RunEstimate {
  const { outputs, microUsd, maxMicroUsd } = estimate(model, input);
  const images = Array.isArray(input.image_urls) ? input.image_urls.length : 0;
  const capable = choices.filter((choice) => maxImages(choice) >= images);
  const usable = capable.find(({ breaker }) => breaker.state() !== 'open') ?? capable[0];
  return {
    outputs,
    pricePerOutput: priceOf(model, input),
    cost: microUsd,
    maxCost: maxMicroUsd,
    uncertainties: uncertaintiesOf(choices, capable, input),
    backend: usable?.backend.name,
    warnings: choices.length > 0 && capable.length === 0 ? [tooManyImages(choices, images)] : [],
  };
}

const maxImages = ({ backend, upstreamModel }: Choice): number =>
  backend.capabilities(upstreamModel).maxInputImages;

const tooManyImages = (choices: readonly Choice[], images: number): Warning => ({
  field: 'image_urls',
  message: `image_urls has ${images} images; what runs this model here takes at most ${Math.max(...choices.map(maxImages))}.`,
});

function uncertaintiesOf(
  choices: readonly Choice[],
  capable: readonly Choice[],
  input: Readonly<Record<string, unknown>>,
): string[] {
  const metered = capable.filter(
    ({ backend, upstreamModel }) => backend.capabilities(upstreamModel).tellsCost,
  );
  const names = [...new Set(metered.map(({ backend }) => backend.name))].join(' and ');
  return [
    ...(choices.length === 0
      ? ['No backend is configured that can run this model: the price is that of the catalogue.']
      : []),
    ...(metered.length > 0
      ? [`${names} may tell what a run cost by the tokens it took; the result then shows that.`]
      : []),
    ...(limitsRounds(input)
      ? []
      : [
          `limit_generations is false: each round may give up to ${MAX_OUTPUTS_PER_ROUND} outputs, each at this price.`,
        ]),
  ];
}
