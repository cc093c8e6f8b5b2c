/** The URLs of a request, the same in every answer. */
export const requestUrls = (
  baseUrl: string,
  requestId: string,
): { status_url: string; result_url: string; cancel_url: string } => ({
  status_url: `${baseUrl}/v1/requests/${requestId}/status`,
  result_url: `${baseUrl}/v1/requests/${requestId}/result`,
  cancel_url: `${baseUrl}/v1/requests/${requestId}/cancel`,
});
