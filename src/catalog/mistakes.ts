/** One thing wrong in a file of the catalogue. */
export interface Mistake {
  file: string;
  /** Inside the file: `input_schema.properties.seed.default`, `line 3, column 7`; empty for the file as a whole. */
  place: string;
  message: string;
}

/** Everything wrong in the catalogue's files, at once. */
export class CatalogError extends Error {
  override name = 'CatalogError';
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(
      [`${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'} in the model files:`]
        .concat(mistakes.map((mistake) => `  ${describeMistake(mistake)}`))
        .join('\n'),
    );
    this.mistakes = mistakes;
  }
}

function describeMistake({ file, place, message }: Mistake): string {
  return place === '' ? `${file}: ${message}` : `${file}: ${place}: ${message}`;
}
