const SEGMENT = /^[a-z0-9][a-z0-9._-]*$/;
const MAX_CHARACTERS = 200;

/** Why `id` cannot name a model, or undefined. */
export function modelIdProblem(id: string): string | undefined {
  if (id.length > MAX_CHARACTERS) return `must have at most ${MAX_CHARACTERS} characters`;
  // GET /v1/models/categories is not a model.
  if (id === 'categories') return 'must not be "categories": that address lists the categories';
  // POST /v1/models/{model_id}/estimate prices a run.
  if (id.endsWith('/estimate')) return 'must not end in "/estimate": that address says what a run costs';
  for (const segment of id.split('/')) {
    if (segment === 'requests') return 'must not have a segment named "requests"';
    if (!SEGMENT.test(segment)) {
      return `must be segments of lower-case letters, digits, ".", "_" and "-" between slashes, each beginning with a letter or digit (found ${JSON.stringify(segment)})`;
    }
  }
  return undefined;
}
