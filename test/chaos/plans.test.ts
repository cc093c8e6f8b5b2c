/** A seed repeats a chaos run's plan, whose faults can be made and have to be survived. */
import { expect, test } from 'vitest';
import { randomFrom } from '../support/random.ts';
import { type PlannedFault, planFaults, planShortly } from './fault-plan.ts';
import { APIS, REQUEST_TIMEOUT_SECONDS, WORKERS } from './limits.ts';
import { readPrompt, writePrompt } from './load-plan.ts';
import { planRun } from './run.ts';

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

test('the same seed plans the same load and faults, another one others', () => {
  for (const minutes of [undefined, 2]) {
    expect(planRun({ seed: 7, minutes })).toEqual(planRun({ seed: 7, minutes }));
    expect(planRun({ seed: 7, minutes })).not.toEqual(planRun({ seed: 8, minutes }));
  }
});

test('the short plan has every kind of fault, and each process but those of Darkroom is hit', () => {
  for (const seed of SEEDS) {
    const faults = planShortly(randomFrom(seed)).acts.flatMap((act) => act.faults);
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(6);
    for (const kind of ['kill', 'stop'])
      expect(victimsOf(faults.filter((fault) => fault.kind === kind))).toEqual(
        expect.arrayContaining(['postgres', 's3']),
      );
  }
});

test('an act hits a process once at most, and a long plan hits all of them', () => {
  for (const seed of SEEDS) {
    const { acts } = planFaults(randomFrom(seed), 180);
    for (const { faults } of acts) {
      const hit = victimsOf(faults.filter(({ kind }) => kind === 'kill' || kind === 'stop'));
      expect(new Set(hit).size).toBe(hit.length);
    }
    const restarted = acts.flatMap(({ faults }) =>
      victimsOf(faults.filter(({ kind }) => kind === 'restart')),
    );
    expect(new Set(restarted)).toEqual(new Set([...APIS, ...WORKERS]));
  }
});

test('a clock is wrong by more than a run may take, and by less than receivers of webhooks bear', () => {
  for (const seed of SEEDS) {
    const { clocks, acts } = planFaults(randomFrom(seed), 180);
    const later = acts.flatMap(({ faults }) =>
      faults.flatMap((fault) => (fault.kind === 'clock' ? fault.seconds : [])),
    );
    for (const seconds of [...clocks.values(), ...later]) {
      expect(Math.abs(seconds)).toBeGreaterThan(REQUEST_TIMEOUT_SECONDS);
      expect(Math.abs(seconds)).toBeLessThan(300);
    }
  }
});

test('the upstream reads what a prompt tells it', () => {
  const prompt = { token: 't1', blocked: false, refusals: 1, delayMs: 30 };
  expect(readPrompt(`before ${writePrompt(prompt)} after`)).toEqual(prompt);
  expect(() => readPrompt('a boat')).toThrow('a prompt that nobody has written: a boat');
});

const victimsOf = (faults: PlannedFault[]): string[] =>
  faults.flatMap((fault) => ('victims' in fault ? fault.victims : [fault.victim]));
