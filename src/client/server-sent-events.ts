/** `text/event-stream`, read as it comes. */

export interface ServerSentEvent {
  /** The last id so far: where to go on after a break. */
  id: string | undefined;
  event: string;
  data: string;
  /** How long to stay away after a break, if the server has said so. */
  retryMs: number | undefined;
}

/** The events of a stream. `onBytes` is called at each sign of life, comments among them. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let id: string | undefined;
  let retryMs: number | undefined;
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      rest += decoder.decode(value, { stream: true });
      // A CR at the very end may be half of a CRLF.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { id, event: event || 'message', data: data.join('\n'), retryMs };
          event = '';
          data = [];
          continue;
        }
        const [, name, content] = /^([^:]*):? ?(.*)$/s.exec(line) as unknown as [string, string, string];
        if (name === 'event') event = content;
        else if (name === 'data') data.push(content);
        else if (name === 'id' && !content.includes('\0')) id = content;
        else if (name === 'retry' && /^\d+$/.test(content)) retryMs = Number(content);
      }
    }
  } finally {
    // Whoever stops reading wants no more of it.
    await reader.cancel().catch(() => {});
  }
}
