/** What waits to be delivered, for whoever watches the server. */
import { type Queryable, statement } from '../db/database.ts';

export interface Backlog {
  /** Events and deliveries; counted up to 100,000. */
  waiting: number;
  /** Of the one that waits longest; null: nothing waits. */
  oldest_seconds: number | null;
  /** Of what could be handed out or delivered now and that nobody has taken up; null: nothing. */
  lag_seconds: number | null;
}

const selectBacklog = statement<Backlog>(
  'webhook_backlog',
  `select (select count(*) from (select from webhook_deliveries where state = 'pending' limit 100000) pending)
            + (select count(*) from (select from webhook_outbox limit 100000) events) as waiting,
          extract(epoch from now() - least((select min(created_at) from webhook_deliveries where state = 'pending'),
                                           (select min(created_at) from webhook_outbox)))::float8 as oldest_seconds,
          extract(epoch from now() - least((select min(created_at) from webhook_outbox),
                                           (select min(due_at) from webhook_receivers
                                             where due_at <= now() and (lease_until is null or lease_until < now()))))::float8 as lag_seconds`,
);

export const readBacklog = async (db: Queryable): Promise<Backlog> => (await db.row(selectBacklog))!;
