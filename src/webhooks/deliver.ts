/**
 * Delivers to all receivers, beside other processes that do the same: hands events out, takes receivers that have
 * something to get, and serves each until there is nothing more. Woken by notifications; looks by itself every second.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from '../db/database.ts';
import type { Notifications } from '../db/notifications.ts';
import { createBell } from './bell.ts';
import type { DeliverContext } from './deliver-one.ts';
import { handOutEvents } from './hand-out.ts';
import { claimReceivers, giveBackReceivers, LEASE_SECONDS, renewReceivers } from './receivers.ts';
import { createRecordAttempt } from './record.ts';
import { type Serving, serveReceiver } from './serve-receiver.ts';
import { createSlots, type SlotOptions } from './slots.ts';
import { createTake } from './take.ts';

export interface Deliveries {
  /** Begins nothing more, lets what is under way finish for `graceMs`, leaves the rest to others. */
  stop(graceMs: number): Promise<void>;
}

const POLL_MS = 1000;
/** A third of the lease: two renewals may be missed. */
const RENEW_MS = (LEASE_SECONDS * 1000) / 3;
const CLAIMED_AT_ONCE = 50;

/** Starts at once and goes on until it is stopped. */
export function startDeliveries(
  context: DeliverContext & { notifications: Notifications },
  slotOptions?: SlotOptions,
): Deliveries {
  const { db, notifications, log } = context;
  const closing = new AbortController();
  const cutOff = new AbortController();
  const lease = randomUUID();
  const serving: Serving = {
    ...context,
    lease,
    take: createTake(db, lease),
    record: createRecordAttempt(db),
    slots: createSlots(slotOptions),
    bell: createBell(),
    closing: closing.signal,
    cutOff: cutOff.signal,
  };
  const held = new Map<string, Promise<void>>();
  let looking: Promise<void> | undefined;
  let again = false;

  const complain = (error: unknown): void => {
    if (!isUnavailable(error)) log.error({ err: error }, 'webhooks cannot be delivered');
  };

  /** One look at a time; a wake-up meanwhile makes it look once more. */
  function look(): void {
    if (closing.signal.aborted) return;
    again = true;
    looking ??= (async () => {
      while (again && !closing.signal.aborted) {
        again = false;
        const forHeld = await handOutEvents(db);
        if (forHeld) serving.bell.ring();
        if (forHeld) notifications.publish('webhooks', ['held']);
        await claimAll();
      }
    })()
      .catch(complain)
      .finally(() => {
        looking = undefined;
        // Woken after the last look and before this.
        if (again) look();
      });
  }

  async function claimAll(): Promise<void> {
    for (;;) {
      const limit = Math.min(CLAIMED_AT_ONCE, serving.slots.free);
      if (limit === 0) return;
      const receivers = await claimReceivers(db, lease, limit, [...held.keys()]);
      for (const receiver of receivers) {
        const served = serveReceiver(serving, receiver)
          .catch(complain)
          .finally(() => {
            held.delete(receiver.id);
            // There may be room now for one that had to wait.
            look();
          });
        held.set(receiver.id, served);
      }
      if (receivers.length < limit) return;
    }
  }

  const every = async (ms: number, work: () => Promise<unknown>): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        await work();
      } catch (error) {
        complain(error);
      }
      await sleep(ms, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const wake = (): void => {
    serving.bell.ring();
    look();
  };
  const unsubscribe = [
    notifications.subscribe('webhooks', wake),
    notifications.subscribe('reconnected', wake),
  ];
  const loops = [
    every(POLL_MS, async () => wake()),
    every(RENEW_MS, async () => {
      if (held.size > 0) await renewReceivers(db, lease, [...held.keys()]);
    }),
  ];

  return {
    async stop(graceMs) {
      for (const off of unsubscribe) off();
      closing.abort();
      await looking;
      const grace = new AbortController();
      const allServed = Promise.all(held.values());
      await Promise.race([allServed, sleep(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
      grace.abort();
      cutOff.abort();
      await allServed;
      await Promise.all(loops);
      await giveBackReceivers(db, lease).catch(() => {});
    },
  };
}
