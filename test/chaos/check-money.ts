/** Money adds up, is counted once, and no budget is passed. */
import type { Broken } from './check.ts';
import type { Ledger, SeenRequest } from './ledger.ts';
import { pictureCost } from './limits.ts';

export function checkMoney(ledger: Ledger, broken: Broken): void {
  const calls = new Map(ledger.calls.map((call) => [call.number, call]));
  for (const { id, cost, outputs } of ledger.requests) {
    const owed = outputs.reduce((sum, { mark }) => sum + pictureCost(calls.get(mark ?? 0)?.inputs ?? 0), 0);
    // Outputs that cannot be read are told of elsewhere.
    if (cost !== owed && outputs.every(({ mark }) => mark !== null))
      broken(
        'a request costs what its outputs cost',
        `${id} costs ${cost} for ${outputs.length} worth ${owed}`,
      );
  }
  for (const { account, budget, usage, spent, reserved } of ledger.money) {
    const own = ledger.requests.filter((request) => request.account === account);
    const cost = own.reduce((sum, request) => sum + request.cost, 0);
    if (usage.cost !== cost)
      broken('usage tells what was spent', `${account}: ${usage.cost} instead of ${cost}`);
    const counts = countsOf(own);
    for (const [name, count] of Object.entries(counts)) {
      const told = usage[name as keyof typeof counts];
      if (told !== count)
        broken('usage counts every request', `${account}: ${told} ${name} instead of ${count}`);
    }
    for (const amount of spent)
      if (amount !== cost) broken('money adds up', `${account}: ${amount} spent of ${cost}`);
    for (const amount of reserved)
      if (amount !== 0) broken('reservations are given back', `${account}: ${amount} is still reserved`);
    if (budget !== null && cost > budget) broken('no budget is passed', `${account}: ${cost} of ${budget}`);
  }
}

const countsOf = (requests: SeenRequest[]) => ({
  requests: requests.length,
  completed: requests.filter(({ status }) => status === 'completed').length,
  failed: requests.filter(({ status }) => status === 'failed').length,
  cancelled: requests.filter(({ status }) => status === 'cancelled').length,
  outputs: requests.reduce((sum, { outputs }) => sum + outputs.length, 0),
});
