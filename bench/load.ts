/** One burst of load in a process of its own, so that it takes nothing from what it measures: options as JSON in, result as JSON out. */
import autocannon from 'autocannon';

export interface LoadOptions {
  url: string;
  headers: Record<string, string>;
  method: 'GET' | 'POST';
  /** Paths, taken at random. */
  paths: string[];
  body?: string;
  seconds: number;
  connections: number;
}

export interface LoadResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

const options = JSON.parse(await new Response(process.stdin as never).text()) as LoadOptions;
const { paths } = options;
const result = await autocannon({
  url: options.url,
  duration: options.seconds,
  connections: options.connections,
  requests: [
    {
      method: options.method,
      headers: options.headers,
      ...(options.body !== undefined && { body: options.body }),
      setupRequest: (request) => {
        request.path = paths[Math.floor(Math.random() * paths.length)]!;
        return request;
      },
    },
  ],
});
const answer: LoadResult = {
  perSecond: result.requests.average,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
  failed: result.non2xx + result.errors,
};
process.stdout.write(JSON.stringify(answer));
