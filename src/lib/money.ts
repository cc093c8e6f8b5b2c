/** Money is kept in whole millionths of a USD and shown as a number of USD. */
export const toUsd = (microUsd: number): number => microUsd / 1_000_000;

/** Rounded up, so that a sum of small costs is never shown as less than it is. */
export const toMicroUsd = (usd: number): number => Math.ceil(Math.round(usd * 1e9) / 1e3);
