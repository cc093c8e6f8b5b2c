/** Of a few repeated measurements, the middle one; of many, any share of them. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

export const median = (values: number[]): number => percentile(values, 0.5);
