/** Ctrl-C and SIGTERM: the first asks to stop, a second one exits at once. */
import type { Logger } from 'pino';

/** npm passes a signal on that the terminal has sent to us as well: both together are one. */
export const SAME_SIGNAL_MS = 400;

/** Resolves at the first signal. */
export function stopOnSignal(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (firstAtMs === undefined) {
        firstAtMs = performance.now();
        log.info(`${signal}: stopping; what runs may finish, once more stops at once`);
        resolve();
      } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
