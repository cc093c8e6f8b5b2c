/** `darkroom listen`: what happens in the account, shown and forwarded as a webhook would be, to a program that is being written. */
import { createHmac } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { AccountEvent } from '../../client/index.ts';
import { sign, writeSecret } from '../../webhooks/sign.ts';
import { printable } from '../printable.ts';
import { type CallOptions, calling } from './call.ts';
import { connectionOptions } from './connection.ts';
import { onInterrupt } from './interrupt.ts';
import { say, warn } from './say.ts';

interface ListenOptions extends CallOptions {
  forwardTo?: string;
  events?: string[];
  secret?: Buffer;
  after?: string;
}

export function listenCommand(command: Command): void {
  connectionOptions(command)
    .option(
      '--forward-to <address>',
      'where to send events: a URL, or a port such as 3000/hooks',
      parseAddress,
    )
    .option('--events <list>', 'only these, comma-separated; all unless told', (text) =>
      text.split(',').map((event) => event.trim()),
    )
    .option('--secret <secret>', 'to sign with, as whsec_…; one of your key unless told', parseSecret)
    .option('--after <id>', 'begin after this event instead of now')
    .option('--json', 'print each event as a line of JSON')
    .action((options: ListenOptions) =>
      calling(options, async (darkroom, connection) => {
        using interruption = onInterrupt(() => {});
        const { signal } = interruption;
        const secret = options.secret ?? secretOf(connection.apiKey);
        try {
          // The stream waits for a server that is away; one that was never there is to be told at once.
          const { name } = await darkroom.account();
          introduce(`${name} at ${connection.baseUrl}`, options.forwardTo, secret);
          for await (const event of darkroom.events({ after: options.after, signal })) {
            if (options.events && !options.events.includes(event.type)) continue;
            await show(event, options, secret, signal);
          }
        } catch (error) {
          // It has no other end.
          if (!signal.aborted) throw error;
        }
      }),
    );
}

function introduce(where: string, target: string | undefined, secret: Buffer): void {
  say(`Listening to ${where}${target ? `, forwarding to ${target}` : ''}. Ctrl-C ends it.`);
  if (target) say(`Signed with ${writeSecret(secret)}`);
}

/** The same each time, so that the program that verifies it has to be told once. It says nothing of the key. */
const secretOf = (apiKey: string): Buffer => createHmac('sha256', apiKey).update('darkroom listen').digest();

async function show(
  event: AccountEvent,
  { forwardTo, json }: ListenOptions,
  secret: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const answer = forwardTo === undefined ? undefined : await forward(event, forwardTo, secret, signal);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...event, ...(answer && { answer }) })}\n`);
    return;
  }
  const time = event.timestamp.slice(11, 19);
  const line = `${time}  ${event.type.padEnd(18)}  ${event.data.request_id}`;
  process.stdout.write(
    `${printable(line)}${answer ? `  → ${answer.error ?? answer.status} in ${answer.ms} ms` : ''}\n`,
  );
  if (answer?.error) warn('Is it running? The event is not sent again.');
}

interface Answer {
  status?: number;
  /** There was none. */
  error?: string;
  ms: number;
}

const PATIENCE_MS = 15_000;

/** As a delivery has it: docs/webhooks.md. */
async function forward(
  { id, type, timestamp, data }: AccountEvent,
  target: string,
  secret: Buffer,
  signal: AbortSignal,
): Promise<Answer> {
  const body = JSON.stringify({ type, timestamp, data });
  const startedAt = performance.now();
  const took = (): number => Math.round(performance.now() - startedAt);
  try {
    const response = await fetch(target, {
      method: 'POST',
      // A full stop separates what is signed.
      headers: {
        'content-type': 'application/json',
        ...sign([secret], id.replaceAll('.', '_'), Date.now(), body),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    await response.body?.cancel();
    return { status: response.status, ms: took() };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    return { error: `no answer (${cause?.code ?? message})`, ms: took() };
  }
}

/** `3000/hooks`, `localhost:3000` and whole URLs. */
function parseAddress(text: string): string {
  const isPort = /^\d{1,5}(\/|$)/.test(text);
  const url = isPort ? `http://localhost:${text}` : /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url))
    throw new InvalidArgumentError('It must be an address such as localhost:3000/hooks.');
  return url;
}

function parseSecret(text: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  const secret = Buffer.from(encoded ?? '', 'base64');
  if (secret.length < 16)
    throw new InvalidArgumentError('It must be whsec_ and at least 16 bytes in base64.');
  return secret;
}
