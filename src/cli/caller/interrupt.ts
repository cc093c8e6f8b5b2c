/** Ctrl-C in the middle of a call: the first asks to stop, a second one exits at once. */
import { CommandError } from '../command-error.ts';
import { EXIT } from '../exit-codes.ts';
import { SAME_SIGNAL_MS } from '../stop-on-signal.ts';

export interface Interruption extends Disposable {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** To throw at the end: says `text`, and has the exit code of the signal. */
  ended(text?: string): CommandError;
}

/** `lastWords` are said when the second one comes. */
export function onInterrupt(lastWords: () => void): Interruption {
  const controller = new AbortController();
  let exitCode: number = EXIT.interrupted;
  let firstAtMs = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    exitCode = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    if (!controller.signal.aborted) {
      firstAtMs = performance.now();
      controller.abort();
    } else if (performance.now() - firstAtMs > SAME_SIGNAL_MS) {
      lastWords();
      process.exit(exitCode);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    ended: (text = '') => new CommandError(text, exitCode),
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
