/** Progress on stderr: one line that lives on a terminal; in a pipe a line for each change. */
import { oneLine } from '../printable.ts';
import { coloured } from './say.ts';

export interface StatusLine extends Disposable {
  /** What is going on now; `detail` changes too often for a line of its own. */
  show(text: string, detail?: string): void;
  /** The same, of something too short for a line of its own. */
  flash(text: string): void;
  /** Takes the line away; `show` brings it back. */
  clear(): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const PLAIN_FRAMES = ['|', '/', '-', '\\'];
const FRAME_MS = 100;

const CLEAR = '\r\u001B[2K';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

export type Terminal = NodeJS.WriteStream;

export function openStatusLine(
  isQuiet: boolean,
  stream: Terminal = process.stderr,
  env: NodeJS.ProcessEnv = process.env,
): StatusLine {
  if (isQuiet) return { show() {}, flash() {}, clear() {}, [Symbol.dispose]() {} };
  return stream.isTTY && env.TERM !== 'dumb' ? living(stream, env) : plain(stream);
}

function plain(stream: Terminal): StatusLine {
  let last = '';
  return {
    show(text) {
      if (text !== last) stream.write(`${oneLine(text)}\n`);
      last = text;
    },
    flash() {},
    clear() {},
    [Symbol.dispose]() {},
  };
}

function living(stream: Terminal, env: NodeJS.ProcessEnv): StatusLine {
  const frames = hasUnicode(env) ? FRAMES : PLAIN_FRAMES;
  const startedAt = performance.now();
  let text = '';
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    const line = `${frames[frame++ % frames.length]} ${text}`;
    const elapsed = `  ${seconds((performance.now() - startedAt) / 1000)}`;
    stream.write(CLEAR + cut(line, (stream.columns || 80) - elapsed.length - 1) + coloured('dim', elapsed));
  };
  const clear = (): void => {
    if (!timer) return;
    clearInterval(timer);
    timer = undefined;
    stream.write(CLEAR + SHOW_CURSOR);
  };
  // Whatever ends the process, the cursor is there afterwards.
  process.on('exit', clear);
  const show = (now: string, detail = ''): void => {
    text = oneLine(now + detail);
    if (!timer) {
      stream.write(HIDE_CURSOR);
      timer = setInterval(draw, FRAME_MS);
    }
    draw();
  };
  return {
    show,
    flash: show,
    clear,
    [Symbol.dispose]() {
      clear();
      process.off('exit', clear);
    },
  };
}

/** `4 s`, `1:05` */
export function seconds(value: number): string {
  const whole = Math.floor(value);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** A line that wraps could not be taken away again. */
const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;

const hasUnicode = (env: NodeJS.ProcessEnv): boolean =>
  process.platform === 'win32' ? Boolean(env.WT_SESSION || env.TERM_PROGRAM) : env.TERM !== 'linux';
