/** `0.067 USD`; millionths are the least that is counted. */
export const usd = (amount: number): string => `${Number(amount.toFixed(6))} USD`;
