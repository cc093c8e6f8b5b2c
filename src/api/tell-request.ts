/**
 * What the reader of a request's events is still to be told. It follows from the request as it is now and the id of the
 * last event the reader has seen, and from nothing else: so a reader may be cut off at any moment, come back to another
 * process, and neither miss an output nor get one twice.
 */
import { filePath } from '../files/file-urls.ts';
import type { Followed } from '../requests/follow.ts';
import { isEnded } from '../requests/states.ts';
import type { Status } from '../requests/status-row.ts';
import type { EventStream } from './event-stream.ts';
import { fileBody, outputUrls, resultBody } from './result-body.ts';
import { statusText } from './status.ts';

/** What an event's id says was seen by then. */
interface Seen {
  /** Of which request: another's ids say nothing here. */
  mark: string;
  /** As `stateOf` a status; empty: none yet. */
  state: string;
  /** A hexadecimal digit for each round, with a bit for each of its outputs, of which there are at most four. */
  outputs: string;
  end: boolean;
}

const EVENT_ID = /^([0-9a-f]{6})\.(\d{0,10}-\d{0,16})\.([0-9a-f]{0,4096})(\.end)?$/;

/** An id that is none of this request's has seen nothing: the present state is sent, so that nothing is missed. */
export function readSeen(id: string | undefined, requestId: string): Seen {
  // The last digits of a version 7 UUID are random.
  const mark = requestId.slice(-6);
  const [, ofRequest, state, outputs, end] = EVENT_ID.exec(id ?? '') ?? [];
  if (ofRequest !== mark) return { mark, state: '-', outputs: '', end: false };
  return { mark, state: state!, outputs: outputs!, end: end !== undefined };
}

const idOf = ({ mark, state, outputs, end }: Seen): string =>
  `${mark}.${state}.${outputs}${end ? '.end' : ''}`;

const stateOf = ({ version, ahead }: Status): string => `${version}-${ahead ?? ''}`;

const bitOf = (ordinal: number | null): number => 1 << (ordinal ?? 0);

const hasOutput = (outputs: string, round: number, ordinal: number | null): boolean =>
  (Number.parseInt(outputs[round] ?? '0', 16) & bitOf(ordinal)) !== 0;

function withOutput(outputs: string, round: number, ordinal: number | null): string {
  const digits = [...outputs.padEnd(round + 1, '0')];
  digits[round] = (Number.parseInt(digits[round]!, 16) | bitOf(ordinal)).toString(16);
  return digits.join('');
}

export interface Teller {
  /** Sends all that is new, as far as the reader takes it. */
  tell(): void;
}

export function createTeller(
  stream: Pick<EventStream, 'behind' | 'send' | 'end'>,
  source: { readonly now: Followed | undefined },
  seen: Seen,
  { baseUrl, includeCost }: { baseUrl: string; includeCost: boolean },
): Teller {
  function send(event: string, data: string, change: Partial<Seen>): void {
    Object.assign(seen, change);
    stream.send({ id: idOf(seen), event, data });
  }

  /** @returns whether there may be more. */
  function tellNext({ status, outcome }: Followed): boolean {
    const output = outcome?.outputs.find(({ round, ordinal }) => !hasOutput(seen.outputs, round!, ordinal));
    if (output) {
      const { round, ordinal } = output;
      const data = { index: round, ordinal, ...fileBody(output, baseUrl + filePath(output)) };
      send('output', JSON.stringify(data), { outputs: withOutput(seen.outputs, round!, ordinal) });
    } else if (seen.state !== stateOf(status)) {
      send('status', statusText(status, baseUrl), { state: stateOf(status) });
    } else {
      if (isEnded(status.state) && outcome) {
        const body = resultBody(outcome, baseUrl, outputUrls(outcome, baseUrl), { includeCost });
        // The bytes of a synchronous request are given once, by the result itself.
        if (outcome.sync_mode) delete body.output;
        send('end', JSON.stringify(body), { end: true });
        stream.end();
      }
      return false;
    }
    return true;
  }

  return {
    tell() {
      // It was deleted: who comes back is told that there is no such request.
      if (!source.now) return stream.end();
      // A reader that is behind gets the state as it is when it has caught up, not all that was in between.
      while (!stream.behind && tellNext(source.now));
    },
  };
}
