/** A way into Gemini: one API key of the Developer API, or Vertex AI with an identity of Google Cloud's. */
export interface Access {
  /** For the operator: `key 1`, never the key. */
  readonly label: string;
  generateUrl(upstreamModel: string): string;
  modelsUrl(pageToken: string | undefined): string;
  /** @throws {BackendError} where no credentials can be had; the signal's reason. */
  headers(signal: AbortSignal): Promise<Record<string, string>>;
}

const DEVELOPER_API = 'https://generativelanguage.googleapis.com';
const PAGE_SIZE = '1000';

/** @param place among the keys, from 1 */
export function apiKeyAccess(apiKey: string, place: number, baseUrl = DEVELOPER_API): Access {
  const base = versioned(baseUrl, 'v1beta');
  const headers = { 'x-goog-api-key': apiKey };
  return {
    label: `key ${place}`,
    generateUrl: (upstreamModel) => `${base}/models/${bare(upstreamModel)}:generateContent`,
    modelsUrl: (pageToken) => withPage(`${base}/models`, pageToken),
    headers: async () => headers,
  };
}

/** As Google's own clients take it: with or without a version at its end. */
export function versioned(baseUrl: string, version: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return /\/v\d+\w*$/.test(base) ? base : `${base}/${version}`;
}

/** One segment of a path, whatever the operator named the model. */
export const bare = (upstreamModel: string): string =>
  encodeURIComponent(upstreamModel.replace(/^models\//, ''));

export function withPage(url: string, pageToken: string | undefined): string {
  const query = new URLSearchParams({ pageSize: PAGE_SIZE, ...(pageToken && { pageToken }) });
  return `${url}?${query}`;
}
