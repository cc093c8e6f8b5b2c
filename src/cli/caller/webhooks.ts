/** `darkroom webhooks`: addresses that are told what happens, and what was sent to them. */
import { type Command, Option } from 'commander';
import type { Darkroom, Delivery, EventType, Webhook } from '../../client/index.ts';
import { parseCount } from '../parse-option.ts';
import { table } from '../table.ts';
import { type CallOptions, calling, printJson } from './call.ts';
import { connectionOptions } from './connection.ts';
import { take } from './take.ts';

interface CreateOptions extends CallOptions {
  events?: EventType[];
  description?: string;
}

interface DeliveriesOptions extends CallOptions {
  webhook?: string;
  state?: Delivery['state'];
  limit: number;
}

export function webhooksCommands(webhooks: Command): void {
  command(webhooks, 'list', 'all of the account').action((options: CallOptions) =>
    calling(options, async (darkroom) => {
      const rows = await darkroom.webhooks.list();
      if (options.json) printJson(rows);
      else process.stdout.write(table(['ID', 'STATE', 'EVENTS', 'URL'], rows.map(shown)));
    }),
  );

  command(webhooks, 'create <url>', 'add one; prints the secret that its signatures are verified with')
    .option('--events <list>', 'comma-separated; how requests end, unless told', parseEvents)
    .option('--description <text>', 'what it is for')
    .action((url: string, options: CreateOptions) =>
      calling(options, async (darkroom) => {
        const { events, description } = options;
        const made = await darkroom.webhooks.create({
          url,
          ...(events && { events }),
          ...(description !== undefined && { description }),
        });
        if (options.json) printJson(made);
        else process.stdout.write(`${made.id}\n${made.secret}\n`);
      }),
    );

  command(webhooks, 'delete <id>', 'remove one').action((id: string, options: CallOptions) =>
    calling(options, async (darkroom) => {
      await darkroom.webhooks.delete(id);
      if (options.json) printJson({ id });
      else process.stdout.write(`Deleted ${id}.\n`);
    }),
  );

  command(webhooks, 'test <id>', 'send one an event to try it with').action(
    one(
      (darkroom, id) => darkroom.webhooks.test(id),
      ({ id }) => id,
    ),
  );
  command(webhooks, 'secret <id>', 'what its signatures are verified with').action(
    one(
      (darkroom, id) => darkroom.webhooks.secret(id),
      ({ secret }) => secret,
    ),
  );
  command(webhooks, 'rotate <id>', 'give one a new secret; the one before holds for another day').action(
    one(
      (darkroom, id) => darkroom.webhooks.rotateSecret(id),
      ({ secret }) => secret,
    ),
  );

  command(webhooks, 'deliveries', 'what was or is to be sent, newest first')
    .option('--webhook <id>', 'only what is for this one')
    .addOption(
      new Option('--state <state>', 'only those that are').choices(['pending', 'delivered', 'failed']),
    )
    .option('--limit <count>', 'how many', parseCount, 20)
    .action((options: DeliveriesOptions) =>
      calling(options, async (darkroom) => {
        const { webhook: webhookId, state, limit } = options;
        const list = darkroom.webhooks.deliveries({ webhookId, state, limit: Math.min(limit, 100) });
        const rows = await take(list, limit);
        if (options.json) return printJson(rows);
        const header = ['ID', 'MADE', 'STATE', 'ATTEMPTS', 'EVENT', 'URL', 'ERROR'];
        process.stdout.write(table(header, rows.map(shownDelivery)));
      }),
    );

  command(webhooks, 'redeliver <delivery-id>', 'send one again, at once').action(
    one(
      (darkroom, id) => darkroom.webhooks.redeliver(id),
      ({ id, state }) => `${id} ${state}`,
    ),
  );
}

const command = (webhooks: Command, name: string, description: string): Command =>
  connectionOptions(webhooks.command(name).description(description)).option(
    '--json',
    'print JSON, and nothing else',
  );

/** An action on one thing: prints the answer, or what matters of it. */
const one =
  <Answer>(ask: (darkroom: Darkroom, id: string) => Promise<Answer>, inWords: (answer: Answer) => string) =>
  (id: string, options: CallOptions): Promise<void> =>
    calling(options, async (darkroom) => {
      const answer = await ask(darkroom, id);
      if (options.json) printJson(answer);
      else process.stdout.write(`${inWords(answer)}\n`);
    });

const shown = ({ id, enabled, failing_since, events, url }: Webhook): string[] => [
  id,
  enabled ? (failing_since ? 'failing' : 'enabled') : 'disabled',
  events.join(','),
  url,
];

const shownDelivery = (delivery: Delivery): string[] => [
  delivery.id,
  delivery.created_at.slice(0, 16).replace('T', ' '),
  delivery.state,
  String(delivery.attempt_count),
  delivery.type,
  delivery.url,
  delivery.error ?? '',
];

const parseEvents = (text: string): EventType[] => text.split(',').map((event) => event.trim() as EventType);
