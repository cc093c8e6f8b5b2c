/** The lines of `npm run bench:scale`. */
export interface Line {
  what: string;
  Darkroom: string;
  'Fastify + BullMQ': string;
  ratio: string;
  wanted: string;
}

export interface Report {
  /** How often a second: more is better. */
  rates(what: string, ours: number, theirs: number | undefined, wanted?: number): void;
  /** Anything else, in words. */
  say(what: string, ours: string, theirs?: string, wanted?: string): void;
  lines: readonly Line[];
}

export function createReport(): Report {
  const lines: Line[] = [];
  const say: Report['say'] = (what, ours, theirs = '', wanted = '') =>
    void lines.push({ what, Darkroom: ours, 'Fastify + BullMQ': theirs, ratio: '', wanted });
  return {
    rates(what, ours, theirs, wanted) {
      lines.push({
        what,
        Darkroom: ours.toFixed(0),
        'Fastify + BullMQ': theirs?.toFixed(0) ?? '',
        ratio: theirs === undefined ? '' : (ours / theirs).toFixed(2),
        wanted: wanted === undefined ? '' : `≥ ${wanted}`,
      });
    },
    say,
    lines,
  };
}
