/** Delivers to one receiver what is due, in order, while this process holds it. */
import { isUnavailable } from '../db/database.ts';
import type { Bell } from './bell.ts';
import { type Delivering, deliverOne } from './deliver-one.ts';
import { type Health, noteOutcome, OWN_PAUSE_SECONDS } from './receiver-health.ts';
import { pauseReceiver, type Receiver, releaseReceiver } from './receivers.ts';
import { giveUpDeliveries } from './record.ts';
import type { DueDelivery, Take, Taken } from './take.ts';

/** What all receivers of a process share. */
export interface Serving extends Delivering {
  lease: string;
  take: Take;
  /** Rings when something may have come. */
  bell: Bell;
  /** From then on nothing new is begun. */
  closing: AbortSignal;
}

/** Failures in a row after which what is a day old is given up without another try. */
const FAILURES_OF_THE_GONE = 3;

/** Ends when there is nothing more to deliver now, the receiver is to be left alone, or it is somebody else's. */
export async function serveReceiver(serving: Serving, receiver: Receiver): Promise<void> {
  const { db, lease, take, bell, closing } = serving;
  const underWay = new Map<string, Promise<void>>();
  const health: Health = { failures: receiver.failures, failedAtMs: 0, atOnce: 1, pauseSeconds: 0 };

  function start(delivery: DueDelivery, secrets: Taken['secrets']): void {
    const work = deliverOne(serving, receiver, delivery, secrets)
      .then((outcome) => outcome && noteOutcome(serving, receiver, health, outcome))
      .catch((error) => {
        if (serving.cutOff.aborted) return;
        health.pauseSeconds = Math.max(health.pauseSeconds, OWN_PAUSE_SECONDS);
        if (!isUnavailable(error))
          serving.log.error({ err: error, delivery_id: delivery.id }, 'a delivery broke off');
      })
      .finally(() => underWay.delete(delivery.id));
    underWay.set(delivery.id, work);
  }

  if (health.failures >= FAILURES_OF_THE_GONE)
    await giveUpDeliveries(db, receiver.id, 'not delivered within 24 hours', { onlyExpired: true });

  for (;;) {
    const idle = underWay.size === 0;
    if (closing.aborted || health.pauseSeconds > 0) {
      if (!idle) await Promise.race(underWay.values());
      else if (closing.aborted) return;
      else return void (await pauseReceiver(db, lease, receiver.id, health.pauseSeconds));
      continue;
    }
    const room = health.atOnce - underWay.size;
    // From before the look: what comes between a look and the waiting for it would be missed.
    const rung = bell.next();
    if (room > 0) {
      const taken = await take({ receiverId: receiver.id, room, without: [...underWay.keys()] });
      // Lost, since this process stood still: whoever has it now goes on.
      if (!taken) return void (await Promise.all(underWay.values()));
      if (taken.stopped === undefined)
        for (const delivery of taken.deliveries) start(delivery, taken.secrets);
      else if (idle) await giveUpDeliveries(db, receiver.id, taken.stopped, { onlyExpired: false });
      if (underWay.size === 0) {
        if (await releaseReceiver(db, lease, receiver.id, taken.arrivals)) return;
        continue;
      }
    }
    await Promise.race(room > 0 ? [...underWay.values(), rung] : underWay.values());
  }
}
