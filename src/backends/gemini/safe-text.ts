/** Words of Google's own, as far as a caller may see them. */

const MAX_LENGTH = 400;
/** So that no text can make the patterns below work for long. */
const MAX_READ = 4000;
/** Addresses, hosts, keys, resource names, paths and project numbers. */
const INTERNALS = [
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /\b(?:AIza|AQ\.)[\w-]+/g,
  /\b(?:[a-z0-9-]+\.)+(?:com|dev|net|org|io|goog|internal|local)\b\S*/gi,
  /\bprojects?[/ ][\w:-]*\d[\w:-]*(?:\/\S*)?/gi,
  /(?<![\w.])\/{1,2}[\w.-]+(?:\/[\w.-]+)+/g,
  /\b\d{6,}\b/g,
  /\b[\w-]{30,}\b/g,
];

/** One line, bounded, with everything that names a place or a key left out. */
export function safeText(text: string): string {
  const line = INTERNALS.reduce((rest, internal) => rest.replace(internal, '…'), text.slice(0, MAX_READ))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
    .replace(/[\s\x00-\x1f\x7f]+/g, ' ')
    .trim();
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH - 1)}…`;
}
