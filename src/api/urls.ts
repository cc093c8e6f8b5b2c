/** The URLs of a request, the same in every answer. */
export const requestUrls = (
  baseUrl: string,
  requestId: string,
): { status_url: string; result_url: string; cancel_url: string } => ({
  status_url: `${baseUrl}/v1/requests/${requestId}/status`,
  result_url: `${baseUrl}/v1/requests/${requestId}/result`,
  cancel_url: `${baseUrl}/v1/requests/${requestId}/cancel`,
});

/** The same as JSON without braces, for answers that are given often. */
export function requestUrlsText(baseUrl: string, requestId: string): string {
  // It is a URL already, and might still have a quotation mark in it.
  const start = `${JSON.stringify(baseUrl).slice(0, -1)}/v1/requests/${requestId}`;
  return `"status_url":${start}/status","result_url":${start}/result","cancel_url":${start}/cancel"`;
}
