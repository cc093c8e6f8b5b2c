/** A reporter for vitest: names the tests that passed only when they were tried again, so that nobody takes them for sound. */
import type { Reporter, TestCase } from 'vitest/node';

export default class SecondTries implements Reporter {
  readonly #tests: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#tests.push(test);
  }

  onTestRunEnd(): void {
    for (const { module, fullName } of this.#tests)
      console.warn(`PASSED AT THE SECOND TRY ONLY: ${module.relativeModuleId} > ${fullName}`);
  }
}
