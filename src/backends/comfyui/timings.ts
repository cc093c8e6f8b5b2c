/** How long things may take. */
export interface Timings {
  /** For small calls; a server that takes longer counts as dead. */
  callTimeoutMs: number;
  /** For images up and outputs down. */
  transferTimeoutMs: number;
  /** How long the work waits for its WebSocket before it goes on without. */
  socketTimeoutMs: number;
  firstPollMs: number;
  longestPollMs: number;
  /** How long a server with our work may not answer before it counts as lost. */
  patienceMs: number;
  /** A deadline has passed by then: others wait for this. */
  cancelTimeoutMs: number;
  /** How long a dead server is not asked, the first time. */
  restMs: number;
  completeForMs: number;
  incompleteForMs: number;
}

export const TIMINGS: Timings = {
  callTimeoutMs: 15_000,
  transferTimeoutMs: 120_000,
  socketTimeoutMs: 2_000,
  firstPollMs: 200,
  longestPollMs: 3_000,
  patienceMs: 60_000,
  cancelTimeoutMs: 3_000,
  restMs: 5_000,
  completeForMs: 10 * 60_000,
  incompleteForMs: 30_000,
};
